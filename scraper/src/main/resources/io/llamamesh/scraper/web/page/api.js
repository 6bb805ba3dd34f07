// Asks the scraper, with a token where it wants one.

const KEY = "llama-mesh-token";
const place = (id) => document.getElementById(id);
let asking = null;

/** The document at a path, and the scraper's clock in milliseconds: a document may be older than its answer. */
export async function get(path) {
  for (let tries = 0; ; tries++) {
    const answer = await fetch(path, { signal: AbortSignal.timeout(10000), headers: credentials() })
      .catch((e) => { throw new Error(e.name === "TimeoutError" ? "no answer within 10 s" : "no connection"); });
    if (answer.status === 401 && tries < 5) {
      await token(sessionStorage.getItem(KEY) !== null);
      continue;
    }
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.error ?? "HTTP " + answer.status);
    return { body, now: Date.parse(answer.headers.get("Date")) || Date.now() };
  }
}

/**
 * Hears each document of a watch while the tab is shown, the newest at once; opens it again where it ends or breaks.
 * Who polls beside misses nothing where there is none.
 */
export async function follow(path, heard) {
  for (let pause = 250; ; pause = Math.min(10000, 2 * pause)) {
    while (document.hidden) await once(document, "visibilitychange");
    const ended = new AbortController();
    const hide = () => document.hidden && ended.abort();
    document.addEventListener("visibilitychange", hide);
    try {
      const answer = await fetch(path, { headers: credentials(), signal: ended.signal });
      if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("text/event-stream")) throw new Error("no watch");
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ""; ;) {
        const { value, done } = await reader.read();
        if (done) break;
        const events = (rest + value).split("\n\n");
        rest = events.pop();
        const newest = events.findLast((event) => event.startsWith("data: "));
        if (newest) {
          pause = 125;
          heard(JSON.parse(newest.slice(6)));
        }
      }
    } catch {
      // Asked again below.
    }
    ended.abort();
    document.removeEventListener("visibilitychange", hide);
    await new Promise((done) => setTimeout(done, pause));
  }
}

function once(target, event) {
  return new Promise((done) => target.addEventListener(event, done, { once: true }));
}

/** A link to data can't carry a token: with one, the document is fetched and shown. */
export function followWithToken(e) {
  const link = e.target.closest?.("a[data-api]");
  const headers = credentials();
  if (!link || !headers.Authorization) return;
  e.preventDefault();
  const shown = open("", "_blank");
  fetch(link.href, { headers }).then((answer) => answer.text())
    .then((text) => { shown.location = URL.createObjectURL(new Blob([text], { type: "text/plain" })); })
    .catch((failure) => { shown.close(); link.title = String(failure); });
}

function credentials() {
  const kept = sessionStorage.getItem(KEY);
  return kept === null ? {} : { Authorization: "Bearer " + kept };
}

/** One question for all requests that wait; the answer lives as long as the tab. */
function token(refused) {
  asking ??= new Promise((done) => {
    place("token-refused").hidden = !refused;
    place("token").value = "";
    place("token-dialog").onclose = () => {
      const given = place("token").value.trim();
      if (given === "") { place("token-dialog").showModal(); return; }
      sessionStorage.setItem(KEY, given);
      asking = null;
      done();
    };
    place("token-dialog").showModal();
  });
  return asking;
}
