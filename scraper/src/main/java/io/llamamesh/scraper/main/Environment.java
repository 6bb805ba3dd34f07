package io.llamamesh.scraper.main;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the process gives a program.
 *
 * @param variables the environment's variables
 */
record Environment(Map<String, String> variables) {
  private static final Logger LOG = LoggerFactory.getLogger(Environment.class);

  /** What to do when the process is told to end. */
  interface ShutdownHook {
    void run() throws InterruptedException;
  }

  /** A variable's value; null where it is unset or blank. */
  @Nullable String find(String name) {
    String value = variables.get(name);
    return value == null || value.isBlank() ? null : value;
  }

  /** A variable's value, or that where it is unset or blank. */
  String get(String name, String absent) {
    String value = find(name);
    return value == null ? absent : value;
  }

  /** Runs on SIGTERM and SIGINT; the process ends after it returned. */
  void onShutdown(ShutdownHook stop) {
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("stop")
                .unstarted(() -> {
                  try {
                    stop.run();
                  } catch (InterruptedException e) {
                    LOG.debug("told to end at once", e);
                  }
                }));
  }
}
