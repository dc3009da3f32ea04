/** The clips of what is on the stage: choose one, play it, pause it, drag through it. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../ui/icons";
import type { Studio } from "./studio";

const SPEEDS = [0.25, 0.5, 1, 2] as const;

export function ClipPlayer({ studio }: { studio: Studio }): JSX.Element {
  const { stage, clip } = studio;
  const [time, setTime] = useState(0);
  const [running, setRunning] = useState(false);
  const [speed, setSpeed] = useState(1);
  const [loop, setLoop] = useState(true);

  useEffect(() => {
    stage?.onTime((now, on) => {
      setTime(now);
      setRunning(on);
    });
    return () => stage?.onTime(null);
  }, [stage]);
  useEffect(() => stage?.tempo(speed, loop), [stage, speed, loop, studio.facts]);

  const seconds = studio.clips.find((c) => c.name === clip)?.seconds ?? 0;
  return (
    <div class="player" role="group" aria-label="Animation">
      <label class="tool-select">
        <span class="hidden">Clip</span>
        <select value={clip ?? ""} onChange={(e) => studio.setClip(e.currentTarget.value || null)}>
          <option value="">At rest</option>
          {studio.clips.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {clip !== null && (
        <>
          <button
            class="tool"
            type="button"
            title={running ? "Pause" : "Play"}
            aria-label={running ? "Pause" : "Play"}
            onClick={() => stage?.run(!running)}
          >
            <Icon name={running ? "pause" : "play"} />
          </button>
          <input
            class="player-time"
            type="range"
            aria-label="Moment"
            aria-valuetext={`${time.toFixed(2)} of ${seconds.toFixed(2)} seconds`}
            min={0}
            max={seconds}
            step={0.001}
            value={time}
            onInput={(e) => {
              stage?.run(false);
              stage?.seek(e.currentTarget.valueAsNumber);
            }}
          />
          <span class="player-count numbers">
            {time.toFixed(2)} / {seconds.toFixed(2)} s
          </span>
          <label class="tool-select">
            <span class="hidden">Speed</span>
            <select value={speed} onChange={(e) => setSpeed(Number(e.currentTarget.value))}>
              {SPEEDS.map((s) => (
                <option key={s} value={s}>
                  {s}×
                </option>
              ))}
            </select>
          </label>
          <button class="tool" type="button" title="Loop" aria-label="Loop" aria-pressed={loop} onClick={() => setLoop(!loop)}>
            <Icon name="reset" />
          </button>
        </>
      )}
    </div>
  );
}
