// One WebSocket that reconnects. After a loss the page opens it again, with a growing random delay. It opens the WebSocket at once
// when the browser finds its network again, or when the user looks at the page.

const FIRST_DELAY = 500;
const MOST_DELAY = 30_000;
/** After a connection that lasted this long, the next loss begins with the first delay. */
const GOOD_AFTER = 10_000;
const OPENING_LIMIT = 10_000;
const PROBE_LIMIT = 5_000;

/**
 * ms to wait before that attempt, counted from 0. Half of the delay is random, so the pages of a restarted server do not all come
 * back in one moment.
 */
export function retryDelay(attempt, random) {
  const most = Math.min(MOST_DELAY, FIRST_DELAY * 2 ** attempt);
  return most / 2 + (most / 2) * random();
}

/** The functions of a browser. Tests bring their own. */
export function browser() {
  return {
    open: (url) => new WebSocket(url),
    now: () => performance.now(),
    random: Math.random,
    setTimer: (callback, delay) => setTimeout(callback, delay),
    clearTimer: (timer) => clearTimeout(timer),
    isOnline: () => navigator.onLine,
    /** Calls back when a new try has better chances. */
    onHope(callback) {
      addEventListener("online", callback);
      addEventListener("pageshow", (event) => event.persisted && callback());
      document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "visible") callback();
      });
    },
  };
}

/**
 * @param urlOf gives the URL, and is called for each try.
 * @param handlers
 *   onOpen(); onMessage(object); onClose({code, reason}), of a connection that was open; onState(state), one of
 *   {kind: "connecting"}, {kind: "open"}, {kind: "waiting", until, isOnline}, `until` on the clock of `world.now`.
 * @param {any} [world]
 */
export function keepConnected(urlOf, handlers, world = browser()) {
  let socket = null;
  let attempt = 0;
  let openedAt = null;
  /** Runs while connecting, while waiting, and while a probe is out. */
  let timer = null;

  function setTimer(callback, delay) {
    world.clearTimer(timer);
    timer = callback === null ? null : world.setTimer(callback, delay);
  }

  function connect() {
    openedAt = null;
    socket = world.open(urlOf());
    const own = socket;
    const unlessOld = (act) => (event) => {
      if (socket === own) act(event);
    };
    own.addEventListener("open", unlessOld(opened));
    own.addEventListener("message", unlessOld(received));
    own.addEventListener("close", unlessOld(lost));
    setTimer(abandon, OPENING_LIMIT);
    handlers.onState({ kind: "connecting" });
  }

  function opened() {
    setTimer(null);
    openedAt = world.now();
    handlers.onState({ kind: "open" });
    handlers.onOpen();
  }

  function received({ data }) {
    setTimer(null); // a server that speaks is alive
    handlers.onMessage(JSON.parse(data));
  }

  function lost({ code, reason }) {
    const wasOpen = openedAt !== null;
    if (wasOpen && world.now() - openedAt >= GOOD_AFTER) attempt = 0;
    socket = null;
    openedAt = null;
    const delay = retryDelay(attempt, world.random);
    attempt += 1;
    setTimer(connect, delay);
    if (wasOpen) handlers.onClose({ code, reason });
    handlers.onState({ kind: "waiting", until: world.now() + delay, isOnline: world.isOnline() });
  }

  /** Gives the connection up without waiting for the network. */
  function abandon() {
    const old = socket;
    lost({ code: 1006, reason: "no answer" });
    old.close();
  }

  function send(message) {
    if (openedAt === null) return false;
    socket.send(JSON.stringify(message));
    return true;
  }

  function retryNow() {
    if (socket !== null) return;
    connect();
  }

  world.onHope(() => {
    retryNow();
    // A connection may have died while the page was hidden. A browser does not notice this until it sends.
    if (send({ type: "probe" })) setTimer(abandon, PROBE_LIMIT);
  });
  connect();
  return { send, retryNow };
}
