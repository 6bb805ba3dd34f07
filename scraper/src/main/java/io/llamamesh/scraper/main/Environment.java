package io.llamamesh.scraper.main;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Environment of the process.
 *
 * @param variables its environment variables
 */
record Environment(Map<String, String> variables) {
  private static final Logger LOG = LoggerFactory.getLogger(Environment.class);

  /** Action at the shutdown of the process. */
  interface ShutdownHook {
    void run() throws InterruptedException;
  }

  /** A variable's value; null if it is unset or blank. */
  @Nullable String find(String name) {
    String value = variables.get(name);
    return value == null || value.isBlank() ? null : value;
  }

  /** A variable's value; the default if it is unset or blank. */
  String get(String name, String absent) {
    String value = find(name);
    return value == null ? absent : value;
  }

  /** Registers an action for SIGTERM and SIGINT; the process ends after it has returned. */
  void onShutdown(ShutdownHook stop) {
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("stop")
                .unstarted(() -> {
                  try {
                    stop.run();
                  } catch (InterruptedException e) {
                    LOG.debug("interrupted during shutdown", e);
                  }
                }));
  }
}
