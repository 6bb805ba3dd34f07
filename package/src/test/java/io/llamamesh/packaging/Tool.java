package io.llamamesh.packaging;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Commands that end. */
final class Tool {
  private static final long SECONDS = 180;

  private Tool() {}

  /** What a command printed, both streams, and how it ended. */
  record Outcome(int code, String output) {}

  /**
   * Runs a command.
   *
   * @param environment all that it gets
   */
  static Outcome run(Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("llama-mesh-package", ".log");
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().clear();
      builder.environment().putAll(environment);
      Process process = builder.redirectOutput(output.toFile()).start();
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(command + " did not end: " + Files.readString(output));
      }
      return new Outcome(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    } finally {
      Files.delete(output);
    }
  }

  /** Runs a command that must go well, with this process's search path; returns what it printed. */
  static String call(String... command) throws IOException, InterruptedException {
    Outcome outcome = run(Map.of("PATH", path()), List.of(command));
    if (outcome.code() != 0) {
      throw new IOException(
          String.join(" ", command) + " gave " + outcome.code() + ": " + outcome.output());
    }
    return outcome.output();
  }

  /** Whether the search path has a program. */
  static boolean exists(String program) {
    for (String folder : path().split(":", -1)) {
      if (Files.isExecutable(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }

  /** The search path, with the folders that only root's has. */
  static String path() {
    String own = System.getenv("PATH");
    return (own == null ? "" : own + ":") + "/usr/sbin:/usr/bin:/sbin:/bin";
  }
}
