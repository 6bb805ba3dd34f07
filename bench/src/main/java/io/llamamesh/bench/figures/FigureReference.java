package io.llamamesh.bench.figures;

/** What a figure is compared with, and why it may be missing. */
public enum FigureReference {
  /** The C program of the same method. */
  C("c", "there is no reference without gcc"),

  /** Go LLAMA's program. */
  GO("go", "Go LLAMA is left out, LLAMA_GO names no folder with its programs");

  private final String label;
  private final String missing;

  FigureReference(String label, String missing) {
    this.label = label;
    this.missing = missing;
  }

  String label() {
    return label;
  }

  String missing() {
    return missing;
  }
}
