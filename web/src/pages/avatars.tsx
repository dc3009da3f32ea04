import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as api from "../api/client";
import { problemOf } from "../api/job";
import type { Avatar, Problem } from "../api/types";
import { Busy, ProblemNote } from "../ui/feedback";
import { ago, bytes, count } from "../ui/format";
import { Icon } from "../ui/icons";
import { PatientImage } from "../ui/patient_image";
import { Link } from "../ui/shell";

export function AvatarsPage(): JSX.Element {
  const [query, setQuery] = useState("");
  const [items, setItems] = useState<Avatar[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);

  useEffect(() => {
    let alive = true;
    const timer = setTimeout(
      () =>
        api.avatars({ q: query }).then(
          (page) => {
            if (!alive) return;
            setItems(page.items);
            setNext(page.next_cursor);
            setProblem(null);
          },
          (error: unknown) => alive && setProblem(problemOf(error)),
        ),
      items ? 250 : 0,
    );
    return () => {
      alive = false;
      clearTimeout(timer);
    };
  }, [query]);

  const more = async (): Promise<void> => {
    const page = await api.avatars({ q: query, cursor: next }).catch((error: unknown) => setProblem(problemOf(error)));
    if (!page) return;
    setItems((now) => [...(now ?? []), ...page.items]);
    setNext(page.next_cursor);
  };
  const remove = async (avatar: Avatar): Promise<void> => {
    try {
      await api.deleteAvatar(avatar.avatar_id);
      setItems((now) => now?.filter((a) => a.avatar_id !== avatar.avatar_id) ?? null);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };

  return (
    <div class="column column-wide">
      <header class="page-head page-head-row">
        <h1>Avatars</h1>
        <label class="search">
          <Icon name="search" />
          <span class="hidden">Search avatars</span>
          <input
            type="search"
            placeholder="Search by name, preset, prompt"
            value={query}
            onInput={(e) => setQuery(e.currentTarget.value)}
          />
        </label>
      </header>
      {problem && <ProblemNote problem={problem} />}
      {!items && !problem && <Busy label="Loading avatars" />}
      {items?.length === 0 && (
        <div class="invite">
          <Icon name="people" />
          <h2>{query ? "Nobody matches" : "No avatars yet"}</h2>
          {!query && (
            <Link to="/generate" class="button button-primary">
              Generate the first one
            </Link>
          )}
        </div>
      )}
      <ul class="avatar-grid">
        {items?.map((avatar) => (
          <AvatarCard key={avatar.avatar_id} avatar={avatar} onDelete={() => void remove(avatar)} />
        ))}
      </ul>
      {next && (
        <button class="button" type="button" onClick={() => void more()}>
          Show more
        </button>
      )}
    </div>
  );
}

export function nameOf(avatar: Avatar): string {
  return avatar.files[0]?.name.replace(/\.\w+$/, "") ?? avatar.avatar_id;
}

function AvatarCard({ avatar, onDelete }: { avatar: Avatar; onDelete: () => void }): JSX.Element {
  const [asking, setAsking] = useState(false);
  const name = nameOf(avatar);
  const prompt = avatar.recipe?.["prompt"];
  const file = avatar.files[0];
  return (
    <li class="avatar-card">
      <Link to={`/api/preview?avatar_id=${avatar.avatar_id}`} class="avatar-picture">
        <PatientImage src={api.avatarPicture(avatar.avatar_id, "fullbody")}>
          <span class="preset-letter">{name.charAt(0)}</span>
        </PatientImage>
        <span class="hidden">Open {name}</span>
      </Link>
      <div class="avatar-text">
        <h2>{name}</h2>
        <p class="clip" title={typeof prompt === "string" ? prompt : ""}>
          {typeof prompt === "string" ? prompt : avatar.recipe ? "preset alone" : "upload"}
        </p>
        <p class="faint numbers">
          <span class="tag">{avatar.platform}</span> {count(avatar.face_count)} tris · {bytes(avatar.glb_size)}
        </p>
        <div class="avatar-end">
          <span class="faint">{avatar.created_at ? ago(avatar.created_at) : ""}</span>
          {asking ? (
            <span class="row">
              <button class="button button-small" type="button" onClick={() => setAsking(false)} autoFocus>
                Keep
              </button>
              <button class="button button-small button-danger-solid" type="button" onClick={onDelete}>
                Delete
              </button>
            </span>
          ) : (
            <span class="row">
              {file && (
                <a class="icon-button" href={api.localPath(file.url)} download={file.name} aria-label={`Download ${file.name}`}>
                  <Icon name="download" />
                </a>
              )}
              <button class="icon-button" type="button" aria-label={`Delete ${name}`} onClick={() => setAsking(true)}>
                <Icon name="trash" />
              </button>
            </span>
          )}
        </div>
      </div>
    </li>
  );
}
