/**
 * Keeps what was recorded on this device until the server has it. The work is done in a worker,
 * so that neither a busy page nor a sleeping network holds up the recorder.
 *
 * @import { Progress, Uploads, UploadsRequest } from "./shapes.js"
 */

/**
 * Opens the journal of this device for one participant and begins to send what is in it.
 *
 * @param {UploadsRequest} request
 * @returns {Promise<Uploads>} rejects where the browser keeps no files (`navigator.storage`), or the
 *   worker cannot be loaded
 */
export async function openUploads({ onProgress, onWord, onRoom, base, ...request }) {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  const listeners = {
    ...makeListeners(onProgress, onWord),
    room: (/** @type {any} */ { room }) => onRoom?.(room),
  };
  const answers = listen(worker, listeners);
  const address = new URL(base, location.href).href;
  const opening = answers.ask("open", { ...request, base: address });
  const { unfinished, isEmpty } = await Promise.race([opening, fault(worker)]);
  fault(worker).catch(() => onWord?.("failed", ""));
  /** @param {string} ask @param {object} values */
  const tell = (ask, values) => worker.postMessage({ ask, ...values });
  return {
    unfinished,
    isEmpty,
    sink: () => {
      const { port1, port2 } = new MessageChannel();
      worker.postMessage({ ask: "sink", port: port1 }, [port1]);
      return port2;
    },
    hold: () => tell("hold", {}),
    send: () => tell("send", {}),
    giveWay: (line) => tell("giveWay", { line }),
    renew: (token) => tell("renew", { token }),
    deleteUnfinished: () => answers.ask("deleteUnfinished", {}),
    deleteAll: () => answers.ask("deleteAll", {}),
    end: (takeId) => tell("end", { takeId }),
    strike: (takeId, startUs, endUs) => tell("strike", { takeId, startUs, endUs }),
    done: () => answers.ask("done", {}),
    close: () => worker.terminate(),
  };
}

/** @param {Worker} worker @returns {Promise<never>} rejects when the worker cannot run */
function fault(worker) {
  return new Promise((_, reject) => {
    worker.addEventListener("error", ({ message }) => reject(new Error(message)), { once: true });
  });
}

/**
 * @param {UploadsRequest["onProgress"]} onProgress
 * @param {UploadsRequest["onWord"]} onWord
 * @returns {{[what: string]: (message: any) => void}}
 */
function makeListeners(onProgress, onWord) {
  return {
    progress: ({ progress }) => onProgress?.(progress),
    word: ({ word, takeId }) => onWord?.(word, takeId),
  };
}

/**
 * @param {Worker} worker
 * @param {{[what: string]: (message: any) => void}} listeners
 */
function listen(worker, listeners) {
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
  const waiting = new Map();
  let last = 0;
  worker.addEventListener("message", ({ data }) => {
    if (data.tells !== "answer") return listeners[data.tells]?.(data);
    const asked = waiting.get(data.number);
    waiting.delete(data.number);
    if (data.error === undefined) asked?.resolve(data.value);
    else asked?.reject(new Error(data.error));
  });
  return {
    /** @param {string} ask @param {object} values @returns {Promise<any>} */
    ask: (ask, values) =>
      new Promise((resolve, reject) => {
        last += 1;
        waiting.set(last, { resolve, reject });
        worker.postMessage({ ask, number: last, ...values });
      }),
  };
}
