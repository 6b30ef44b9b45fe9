/**
 * Keeps a page that shows a score up to date. The stream says that the score has
 * changed; what it looks like in the person's language comes from the server, as
 * the page itself. Without this script the page is whole, only still.
 */
const SHORTEST_PAUSE_MS = 1000;
const SHORTEST_BETWEEN_ANNOUNCEMENTS_MS = 30_000;

const live = document.querySelector<HTMLElement>("[data-stream]");
if (live && "EventSource" in window) start(live);

function start(live: HTMLElement): void {
  const state = live.querySelector<HTMLElement>(".live__state")!;
  const button = live.querySelector<HTMLButtonElement>(".live__button")!;
  const words = live.dataset;
  let source: EventSource | null = null;
  let isPaused = false;
  let isFetching = false;
  let isWanted = false;
  let announcedAt = 0;

  function say(kind: "live" | "paused" | "lost"): void {
    live.dataset.state = kind;
    const texts = { live: words.wordsLive, paused: words.wordsPaused, lost: words.wordsLost };
    state.textContent = texts[kind] ?? "";
    button.textContent = (isPaused ? words.wordResume : words.wordPause) ?? "";
  }

  function listen(): void {
    source?.close();
    source = new EventSource(words.stream!);
    source.onopen = () => say("live");
    source.onerror = () => {
      say("lost");
      // A browser gives up for good when the answer is not a stream (503).
      if (source?.readyState === EventSource.CLOSED) setTimeout(resume, 5000);
    };
    source.addEventListener("score", (event) => {
      const score = JSON.parse(event.data as string) as { as_of: string };
      const shown = document.getElementById("score")?.dataset.asOf ?? "";
      if (Date.parse(score.as_of) !== Date.parse(shown)) want();
    });
  }

  function hush(): void {
    source?.close();
    source = null;
  }

  function resume(): void {
    if (!isPaused && !document.hidden) listen();
  }

  function want(): void {
    isWanted = true;
    if (isFetching) return;
    isFetching = true;
    isWanted = false;
    const request = new XMLHttpRequest();
    request.open("GET", location.href.split("#")[0]!);
    request.responseType = "document";
    request.timeout = 10_000;
    request.onload = () => {
      if (request.status === 200 && request.response && !isPaused) show(request.response);
    };
    request.onloadend = () => {
      setTimeout(() => {
        isFetching = false;
        if (isWanted && !isPaused) want();
      }, SHORTEST_PAUSE_MS);
    };
    request.send();
  }

  function show(fresh: Document): void {
    for (const old of document.querySelectorAll<HTMLElement>("[data-live]")) {
      const young = fresh.getElementById(old.id);
      if (!young || old.isEqualNode(young)) continue;
      replace(old, young);
    }
    announce();
  }

  function replace(old: HTMLElement, young: HTMLElement): void {
    if (old instanceof HTMLImageElement && young instanceof HTMLImageElement) {
      old.src = young.getAttribute("src") ?? old.src;
      old.alt = young.alt;
      return;
    }
    // Somebody reads with the keyboard here: what has the focus keeps its place.
    const scrolled = old.querySelector<HTMLElement>(".scroll");
    const hadFocus = scrolled !== null && document.activeElement === scrolled;
    const top = scrolled?.scrollTop ?? 0;
    for (const { name, value } of young.attributes) old.setAttribute(name, value);
    old.replaceChildren(...[...young.childNodes].map((node) => document.importNode(node, true)));
    old.classList.remove("is-fresh");
    void old.offsetWidth;
    old.classList.add("is-fresh");
    const again = old.querySelector<HTMLElement>(".scroll");
    if (again) {
      again.scrollTop = top;
      if (hadFocus) again.focus({ preventScroll: true });
    }
  }

  function announce(): void {
    const now = Date.now();
    const text = document.getElementById("score")?.dataset.announcement;
    const place = document.getElementById("announcement");
    if (!text || !place || now - announcedAt < SHORTEST_BETWEEN_ANNOUNCEMENTS_MS) return;
    announcedAt = now;
    place.textContent = text;
  }

  button.addEventListener("click", () => {
    isPaused = !isPaused;
    if (isPaused) {
      hush();
      say("paused");
    } else {
      say("live");
      want();
      listen();
    }
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hush();
    else resume();
  });
  say("live");
  live.hidden = false;
  listen();
}
