/**
 * Runs on the sound thread: gathers samples of both inputs and hands them straight to the worker.
 *
 * An input with nothing connected counts as silence: both inputs have the same samples in number.
 */

const SIZE = 1024;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    /** @type {MessagePort | null} */
    this.out = null;
    this.isOver = false;
    this.count = 0;
    this.renew();
    this.port.onmessage = ({ data }) => {
      if (data.port) this.out = data.port;
      if (data.stop) this.finish();
    };
  }

  renew() {
    this.filled = 0;
    this.blocks = [new Float32Array(SIZE), new Float32Array(SIZE)];
  }

  finish() {
    this.send();
    this.isOver = true;
    this.out?.postMessage({ isLast: true });
    this.port.postMessage("over");
  }

  send() {
    if (this.filled === 0) return;
    const [microphone, heard] = this.blocks.map((block) => block.slice(0, this.filled));
    this.out?.postMessage({ microphone, heard }, [microphone.buffer, heard.buffer]);
    this.renew();
  }

  /**
   * @param {Float32Array[][]} inputs
   * @param {Float32Array[][]} outputs
   */
  process(inputs, outputs) {
    if (this.isOver) return false;
    const size = outputs[0][0].length;
    inputs.forEach((channels, index) => {
      if (channels.length > 0) this.blocks[index].set(channels[0], this.filled);
    });
    this.filled += size;
    if (this.filled + size > SIZE) this.send();
    return true;
  }
}

registerProcessor("capture", Capture);
