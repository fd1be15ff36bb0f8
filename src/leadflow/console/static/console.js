// Puts the part of the first page that changes in its place again, every two seconds.

const EVERY_MS = 2000;
const live = document.getElementById("live");
const pause = document.getElementById("pause");
const away = document.getElementById("away");
let paused = false;

pause.hidden = false;
pause.addEventListener("click", () => {
  paused = !paused;
  pause.setAttribute("aria-pressed", String(paused));
});

// Whoever is in the midst of it with the keyboard, or has marked text, must not lose their place.
function inUse() {
  const selection = document.getSelection();
  return live.contains(document.activeElement) || (selection && !selection.isCollapsed);
}

// What stands there does not say by itself that it is no longer true.
function tell(text) {
  if (away.textContent !== text) away.textContent = text;
}

async function update() {
  if (paused || document.hidden || inUse()) return;
  const answer = await fetch(live.dataset.address, { cache: "no-store", redirect: "manual" });
  if (answer.type === "opaqueredirect") return location.reload(); // the session is over
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  const page = await answer.text();
  tell("");
  if (!paused && !inUse()) live.innerHTML = page;
}

// Each waits for the one before it: a slow server is not asked faster than it answers.
async function next() {
  await update().catch(() => tell("No answer: what you see may be out of date"));
  setTimeout(next, EVERY_MS);
}

setTimeout(next, EVERY_MS);
