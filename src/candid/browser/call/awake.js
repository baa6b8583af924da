/** Keeps the screen on during the call, and takes the lock again when the page comes back. */

/** @returns {() => void} lets the screen sleep again */
export function stayAwake() {
  /** @type {WakeLockSentinel | null} */
  let lock = null;
  let isDone = false;
  const take = async () => {
    if (isDone || document.visibilityState !== "visible") return;
    try {
      lock = await navigator.wakeLock.request("screen");
    } catch {
      lock = null; // a nearly empty battery refuses it; the call goes on
    }
  };
  if ("wakeLock" in navigator) {
    document.addEventListener("visibilitychange", take);
    void take();
  }
  return () => {
    isDone = true;
    document.removeEventListener("visibilitychange", take);
    void lock?.release();
  };
}
