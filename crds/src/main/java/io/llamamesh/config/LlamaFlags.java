package io.llamamesh.config;

/**
 * LLAMA's and udprobe's flags as Go's {@code flag} package takes them: one dash or two, the value
 * behind {@code =} or a blank. Our commands declare them with one dash.
 */
public final class LlamaFlags {
  private static final String LLAMA = "-llama.";
  private static final String UDPROBE = "-udprobe.";

  private LlamaFlags() {}

  /** The arguments with these flags as our commands declare them; all others as they are. */
  public static String[] normalized(String... arguments) {
    String[] normalized = arguments.clone();
    for (int i = 0; i < normalized.length && !normalized[i].equals("--"); i++) {
      normalized[i] = normalized(normalized[i]);
    }
    return normalized;
  }

  private static String normalized(String argument) {
    String one = argument.startsWith("--") ? argument.substring(1) : argument;
    if (one.startsWith(UDPROBE)) {
      return LLAMA + one.substring(UDPROBE.length());
    }
    if (argument.equals("-help")) {
      return "--help";
    }
    return one.startsWith(LLAMA) ? one : argument;
  }
}
