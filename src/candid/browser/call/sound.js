/**
 * What is measured and played: the level of a microphone, and three notes for the loudspeaker.
 */

const NOTES_HZ = [392, 494, 587];
const LOUD_DB = -20;
const QUIET_DB = -60;
const PATIENCE_MS = 1_000;

/** The page's one graph of sound; browsers start it only after somebody pressed something. */
export class Sound {
  constructor() {
    this.context = new AudioContext({ sampleRate: 48_000 });
  }

  /** Some browsers start no sound on a device that has nothing to play it, and then hear nothing. */
  get isOn() {
    return this.context.state === "running";
  }

  async start() {
    if (this.isOn) return;
    // A telephone call may hold it, and leave this without an answer: the page goes on, and the
    // sound starts when the page is seen again.
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    await Promise.race([this.context.resume().catch(() => undefined), late]);
  }

  /**
   * Watches how loud a track is.
   *
   * @param {MediaStreamTrack} track
   * @param {(level: number) => void} show from 0 (silence) to 1 (loud), ten times a second
   * @returns {() => void} stops it
   */
  watchLevel(track, show) {
    const source = this.context.createMediaStreamSource(new MediaStream([track]));
    const analyser = new AnalyserNode(this.context, { fftSize: 2048 });
    source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      show(level(samples));
    }, 100);
    return () => {
      clearInterval(timer);
      source.disconnect();
    };
  }

  get notesHz() {
    return NOTES_HZ;
  }

  /** Plays three soft notes, to try the loudspeaker. @returns {number} how long they last, in ms */
  playNotes() {
    NOTES_HZ.forEach((frequency, index) => {
      const note = new OscillatorNode(this.context, { frequency });
      const gain = new GainNode(this.context, { gain: 0 });
      const start = this.context.currentTime + 0.05 + index * 0.35;
      gain.gain.setTargetAtTime(0.15, start, 0.03);
      gain.gain.setTargetAtTime(0, start + 0.25, 0.08);
      note.connect(gain).connect(this.context.destination);
      note.start(start);
      note.stop(start + 1);
    });
    return NOTES_HZ.length * 350;
  }
}

/** @param {Float32Array} samples */
function level(samples) {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  const db = 10 * Math.log10(power + 1e-12);
  return Math.min(1, Math.max(0, (db - QUIET_DB) / (LOUD_DB - QUIET_DB)));
}
