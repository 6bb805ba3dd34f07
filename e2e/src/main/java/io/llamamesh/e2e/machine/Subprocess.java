package io.llamamesh.e2e.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Programs that run to their end. */
public final class Subprocess {
  private static final Duration USUAL = Duration.ofMinutes(1);

  private Subprocess() {}

  /**
   * Runs a program for at most a minute.
   *
   * @return what it said on both its outputs
   * @throws IOException where it fails; the message has what it said
   */
  public static String run(String... line) throws IOException, InterruptedException {
    return run(USUAL, List.of(line));
  }

  /** Runs a program for at most a while. */
  public static String run(Duration within, List<String> line)
      throws IOException, InterruptedException {
    Path said = Files.createTempFile("e2e", ".out");
    try {
      Process process =
          new ProcessBuilder(line)
              .redirectErrorStream(true)
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectOutput(said.toFile())
              .start();
      boolean ended = process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS);
      if (!ended) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
      String words = new String(Files.readAllBytes(said), StandardCharsets.UTF_8);
      if (!ended || process.exitValue() != 0) {
        throw new IOException(
            String.join(" ", line)
                + (ended
                    ? ": exit code " + process.exitValue()
                    : ": no end within " + within.toSeconds() + " s")
                + (words.isBlank() ? "" : ": " + words.strip()));
      }
      return words;
    } finally {
      Files.delete(said);
    }
  }
}
