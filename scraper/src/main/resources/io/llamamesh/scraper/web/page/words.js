// How numbers and times read.

export function percent(loss) {
  if (loss === undefined || loss === null) return "–";
  if (loss > 0 && loss < 0.01) return "<0.01 %";
  if (loss === 0 || loss >= 100) return loss.toFixed(0) + " %";
  return loss.toFixed(loss < 10 ? 2 : 1) + " %";
}

/** A share of which the second digit matters, as the ends of an interval do. */
export function exactly(share) {
  return share === undefined || share === null ? "–" : share.toFixed(2) + " %";
}

export function millis(rtt) {
  if (rtt === undefined || rtt === null) return "–";
  if (rtt < 1) return Math.round(rtt * 1000) + " µs";
  if (rtt < 100) return rtt.toFixed(rtt < 10 ? 2 : 1) + " ms";
  return Math.round(rtt) + " ms";
}

export function ago(seconds) {
  if (seconds < 90) return Math.max(0, Math.round(seconds)) + " s";
  if (seconds < 5400) return Math.round(seconds / 60) + " min";
  return Math.round(seconds / 3600) + " h";
}

export function clock(iso) {
  return new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}

/** The time of day, with its date where that is not today's. */
export function moment(iso, now) {
  const at = new Date(iso);
  if (at.toDateString() === new Date(now).toDateString()) return clock(iso);
  return at.toLocaleDateString([], { weekday: "short", day: "numeric", month: "short" }) + ", " + clock(iso);
}

/** How long something still takes, in the two units that matter. */
export function left(seconds) {
  const minutes = Math.ceil(Math.max(0, seconds) / 60);
  if (minutes < 60) return minutes + " min";
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

/** Which time zone {@link clock} is in, as people write it. */
export function zone() {
  return new Intl.DateTimeFormat([], { timeZoneName: "short" }).formatToParts(new Date()).find((p) => p.type === "timeZoneName").value;
}

export function count(number, one, many) {
  return number + " " + (number === 1 ? one : many);
}

/** Text is never put into the page as HTML: names come from the network. */
export function element(tag, text, ...children) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

export function escaped(text) {
  return String(text).replace(/[&<>"']/g, (c) => "&#" + c.charCodeAt(0) + ";");
}

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}
