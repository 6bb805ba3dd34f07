package io.llamamesh.agent.main;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The name under which {@code ps -A} shows this process: that of the program, as scripts around
 * LLAMA expect it, and not {@code java}.
 */
final class ProcessName {

  private static final Logger LOG = LoggerFactory.getLogger(ProcessName.class);

  /** Linux names a process after its first thread, and lets any of its threads change that. */
  private static final Path COMM = Path.of("/proc/self/comm");

  private ProcessName() {}

  static void set(String name) {
    if (!Files.isWritable(COMM)) {
      return;
    }
    try {
      Files.writeString(COMM, name);
    } catch (IOException e) {
      LOG.debug("process name not set name={} error={}", name, e.toString());
    }
  }
}
