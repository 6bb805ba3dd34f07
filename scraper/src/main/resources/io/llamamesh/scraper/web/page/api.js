// Asks the scraper, with a token where it wants one.

const KEY = "llama-mesh-token";
const place = (id) => document.getElementById(id);
let asking = null;

/** The document at a path, and the scraper's clock in milliseconds: a document may be older than its answer. */
export function get(path) {
  return request(path, {});
}

/** The answer to a document that is posted, as {@link get} has it. */
export function post(path, document) {
  return request(path, { method: "POST", body: JSON.stringify(document) }, { "Content-Type": "application/json" });
}

async function request(path, options, headers = {}) {
  for (let tries = 0; ; tries++) {
    const answer = await fetch(path, { ...options, signal: AbortSignal.timeout(10000), headers: { ...headers, ...credentials() } })
      .catch((e) => { throw new Error(e.name === "TimeoutError" ? "no answer within 10 s" : "no connection"); });
    if (answer.status === 401 && tries < 5) {
      await token(sessionStorage.getItem(KEY) !== null, options.method === "POST");
      continue;
    }
    const body = await answer.json().catch(() => { throw new Error("HTTP " + answer.status + ", without words"); });
    if (!answer.ok) throw Object.assign(new Error(body.error ?? "HTTP " + answer.status), { status: answer.status });
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

/** One question for all requests that wait; the answer lives as long as the tab. Who reads on need not act. */
function token(refused, acts) {
  asking ??= new Promise((done, failed) => {
    place("token-refused").hidden = !refused;
    place("token-cancel").hidden = !acts;
    place("token-why").textContent = (acts ? "Who acts shows a token: one of spec.scraper.tokenSecret, or of --action-token-file." : "One of the file that the scraper was started with (--token-file).")
      + " It is kept until this tab is closed.";
    place("token").value = "";
    place("token-cancel").onclick = () => { place("token").value = ""; place("token-dialog").close(); };
    place("token-dialog").oncancel = () => { place("token").value = ""; };
    place("token-dialog").onclose = () => {
      const given = place("token").value.trim();
      if (given === "" && !acts) { place("token-dialog").showModal(); return; }
      asking = null;
      if (given === "") { failed(new Error("no token was given")); return; }
      sessionStorage.setItem(KEY, given);
      done();
    };
    place("token-dialog").showModal();
  });
  return asking;
}
