// Puts the part of the first page that changes in its place again, every two seconds.

const EVERY_MS = 2000;
const live = document.getElementById("live");
const pause = document.getElementById("pause");
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

async function update() {
  if (paused || document.hidden || inUse()) return;
  const answer = await fetch(live.dataset.address, { cache: "no-store", redirect: "manual" });
  if (answer.type === "opaqueredirect") location.reload(); // the session is over
  if (!answer.ok) return;
  const page = await answer.text();
  if (!paused && !inUse()) live.innerHTML = page;
}

// Each waits for the one before it: a slow server is not asked faster than it answers.
async function next() {
  await update().catch(() => {}); // the next one may get through
  setTimeout(next, EVERY_MS);
}

setTimeout(next, EVERY_MS);
