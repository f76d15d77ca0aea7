/** The part of @echogarden/fvad-wasm (libfvad compiled by emscripten) that vad.ts uses; it ships no types. */
declare module '@echogarden/fvad-wasm' {
  interface Fvad {
    readonly HEAP16: Int16Array;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    _fvad_new(): number;
    _fvad_free(vad: number): void;
    _fvad_set_mode(vad: number, mode: number): number;
    _fvad_set_sample_rate(vad: number, sampleRateHz: number): number;
    /** 1 voiced, 0 not, -1 a frame length that is not 10, 20 or 30 ms. */
    _fvad_process(vad: number, frame: number, samples: number): number;
  }
  export default function fvad(): Promise<Fvad>;
}
