/** The uploaded file on its stage. */

import type { JSX } from "preact";
import { Busy, ProblemNote } from "../ui/feedback";
import { count } from "../ui/format";
import { Icon } from "../ui/icons";
import type { SourceStudio } from "./source";

export function SourceView({ source, name }: { source: SourceStudio; name: string }): JSX.Element {
  return (
    <section class="viewport viewport-source" aria-label="Uploaded file" data-ready={source.ready && source.loading === null}>
      <div class="stage" ref={source.host} />
      <div class="tools tools-top">
        <p class="pane-name" title={name}>
          <b>Uploaded</b> <span>{name}</span>
        </p>
        {source.ready && (
          <button
            class="tool"
            type="button"
            aria-pressed={source.wireframe}
            title="Wireframe of the uploaded file"
            onClick={() => source.setWireframe(!source.wireframe)}
          >
            <Icon name="wire" />
            <span>Wireframe</span>
          </button>
        )}
      </div>
      {source.ready && (
        <div class="tools tools-bottom">
          <div class="pane-notes">
            {source.notes.map((note) => (
              <p key={note}>{note}</p>
            ))}
          </div>
          <p class="facts numbers">{count(source.triangles)} triangles</p>
        </div>
      )}
      {source.loading !== null && (
        <div class="viewport-cover">
          <Busy label="Loading the uploaded file" />
        </div>
      )}
      {source.problem && (
        <div class="viewport-cover">
          <ProblemNote problem={source.problem} />
        </div>
      )}
    </section>
  );
}
