// Keeps pages up to date and adds keyboard shortcuts. Every page works without it.
"use strict";

const live = () => document.getElementById("live");

function localTimes(root) {
  for (const time of root.querySelectorAll("time")) {
    const date = new Date(time.dateTime);
    const today = date.toDateString() === new Date().toDateString();
    time.textContent = today
      ? date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
      : date.toLocaleDateString([], { year: "numeric", month: "short", day: "numeric" });
    time.title = date.toLocaleString();
  }
}

async function refresh() {
  const answer = await fetch(location.href);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
  if (!fresh || !live()) return;
  localTimes(fresh);
  if (fresh.innerHTML === live().innerHTML) return;
  const focused = live().contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  live().replaceWith(fresh);
  if (focused) links().find((link) => link.getAttribute("href") === focused)?.focus();
}

const links = () => [...document.querySelectorAll("#live tbody a")];

function move(step) {
  const all = links();
  if (!all.length) return;
  const place = all.indexOf(document.activeElement);
  const next = place < 0 ? 0 : Math.min(Math.max(place + step, 0), all.length - 1);
  all[next].focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select")) return;
  const search = document.querySelector("input[type=search]");
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "u") document.querySelector("a[rel=up]")?.click();
  else if (event.key === "/" && search) {
    event.preventDefault();
    search.focus();
  }
});

for (const lines of document.querySelectorAll("pre.copy")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(lines.textContent);
    button.textContent = "Copied";
  });
  lines.before(button);
}

localTimes(document);
if (live()) {
  let running = false;
  let again = false;
  const update = async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    do {
      again = false;
      // When the sandbox has stopped, leave the page as it is.
      await refresh().catch(() => {});
    } while (again);
    running = false;
  };
  new EventSource("/page/changes").addEventListener("change", update);
}
