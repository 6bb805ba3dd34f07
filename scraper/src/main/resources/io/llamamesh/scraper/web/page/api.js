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
