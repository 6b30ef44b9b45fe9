/**
 * Keeps a page up to date (the operators', an e-service's). What changes comes from the server as it
 * stands on the page itself, and is put in node by node: what has the focus, is
 * selected or opened stays so. Without this script the page is whole, only still.
 */

const LONGEST_PAUSE_MS = 10_000;

// Whoever answers slowly is asked less often.
const SHARE_OF_TIME = 5;

const bar = document.querySelector<HTMLElement>("[data-refresh]");
if (bar) keepUpToDate(bar);

function keepUpToDate(bar: HTMLElement): void {
  const state = bar.querySelector<HTMLElement>(".live__state")!;
  const button = bar.querySelector<HTMLButtonElement>(".live__button")!;
  const words = bar.dataset;
  const shortestPause = Number(words.pause);
  let isPaused = false;
  let isLost = false;
  let failures = 0;
  let timer = 0;
  let request: XMLHttpRequest | null = null;

  function say(): void {
    const kind = isPaused ? "paused" : isLost ? "lost" : "live";
    const texts = { live: words.wordsLive, paused: words.wordsPaused, lost: words.wordsLost };
    bar.dataset.state = kind;
    state.textContent = texts[kind] ?? "";
    button.textContent = (isPaused ? words.wordResume : words.wordPause) ?? "";
  }

  function ask(): void {
    window.clearTimeout(timer);
    if (isPaused || document.hidden || request) return;
    const began = performance.now();
    const asked = new XMLHttpRequest();
    request = asked;
    asked.open("GET", `${words.refresh}${location.search}`);
    asked.responseType = "document";
    asked.timeout = LONGEST_PAUSE_MS;
    asked.onloadend = () => {
      request = null;
      const isWell = asked.status === 200 && isWanted(asked.response);
      if (isWell && !isPaused) show(asked.response as Document);
      noteOutcome(isWell);
      const took = performance.now() - began;
      const pause = isWell ? Math.max(shortestPause, took * SHARE_OF_TIME) : shortestPause * failures;
      timer = window.setTimeout(ask, Math.min(pause, LONGEST_PAUSE_MS));
    };
    asked.send();
  }

  function noteOutcome(isWell: boolean): void {
    failures = isWell ? 0 : failures + 1;
    if (isLost === !isWell) return;
    isLost = !isWell;
    announce((isLost ? words.wordsLost : words.wordsBack) ?? "");
    say();
  }

  button.addEventListener("click", () => {
    isPaused = !isPaused;
    say();
    ask();
  });
  document.addEventListener("visibilitychange", ask);

  document.getElementById("again")?.remove();
  bar.hidden = false;
  say();
  timer = window.setTimeout(ask, shortestPause);
}

/** Whoever's stay is over is led to another page, which has none of the parts. */
function isWanted(response: unknown): boolean {
  return response instanceof Document && response.querySelector("[data-live]") !== null;
}

function show(fresh: Document): void {
  const before = announced();
  for (const old of document.querySelectorAll<HTMLElement>("[data-live]")) {
    const young = fresh.getElementById(old.id);
    if (young) patch(old, young);
  }
  const after = announced();
  if (after && after !== before) announce(after);
}

/** The sentence that says in short how it stands. */
function announced(): string | undefined {
  return document.querySelector<HTMLElement>("[data-announcement]")?.dataset.announcement;
}

function announce(text: string): void {
  const place = document.getElementById("announcement");
  if (place) place.textContent = text;
}

/** Make `old` like `young`, and touch nothing that is like it already. */
function patch(old: Element, young: Element): void {
  if (old.isEqualNode(young)) return;
  for (const { name, value } of young.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (name !== "open" && !young.hasAttribute(name)) old.removeAttribute(name);
  }
  const named = new Map<string, Element>();
  for (const child of old.children) if (child.id) named.set(child.id, child);
  const focused = document.activeElement;
  [...young.childNodes].forEach((wanted, place) => {
    const here = old.childNodes[place] ?? null;
    const same = counterpart(wanted, here, named);
    if (!same) {
      old.insertBefore(document.importNode(wanted, true), here);
      return;
    }
    if (same !== here) old.insertBefore(same, here);
    if (same instanceof Element) patch(same, wanted as Element);
    else if (same.nodeValue !== wanted.nodeValue) same.nodeValue = wanted.nodeValue;
  });
  while (old.childNodes.length > young.childNodes.length) old.lastChild!.remove();
  // A row that moves up or down takes the focus along.
  if (focused instanceof HTMLElement && focused !== document.activeElement && focused.isConnected) {
    focused.focus({ preventScroll: true });
  }
}

/** Return the node that is to become like `wanted`: a row by its id, all else by its place. */
function counterpart(
  wanted: Node,
  here: ChildNode | null,
  named: Map<string, Element>,
): ChildNode | null {
  if (wanted instanceof Element && wanted.id) return named.get(wanted.id) ?? null;
  if (!here || here.nodeType !== wanted.nodeType || here.nodeName !== wanted.nodeName) return null;
  return here instanceof Element && here.id ? null : here;
}
