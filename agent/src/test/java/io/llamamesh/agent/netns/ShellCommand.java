package io.llamamesh.agent.netns;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program that is run to its end, which comes within seconds. */
final class ShellCommand {

  private static final int PATIENCE_SECONDS = 30;

  private ShellCommand() {}

  /**
   * Runs a program.
   *
   * @return what it printed
   * @throws IllegalStateException when it failed, with what it printed
   */
  static String run(String... command) {
    return feed("", command);
  }

  /** The same with something to read. */
  static String feed(String input, String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      try (var to = process.outputWriter(StandardCharsets.UTF_8)) {
        to.write(input);
      }
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException(List.of(command) + " does not end: " + output);
      }
      if (process.exitValue() != 0) {
        throw new IllegalStateException(
            List.of(command) + " failed with " + process.exitValue() + ": " + output + input);
      }
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
