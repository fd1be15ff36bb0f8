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
  const answer = await fetch(live.dataset.address + location.search, { cache: "no-store" });
  if (answer.status === 401) location.reload();
  if (answer.ok) live.innerHTML = await answer.text();
}

setInterval(() => update().catch(() => {}), EVERY_MS); // the next one may get through
