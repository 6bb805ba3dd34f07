package io.llamamesh.agent.main;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Termination message in a container's status. Kubernetes mounts a file for it; of a container that
 * ends with exit code 0 it reads nothing else.
 */
final class TerminationMessage {

  /** File that Kubernetes mounts. */
  static final Path FILE = Path.of("/dev/termination-log");

  private static final Logger LOG = LoggerFactory.getLogger(TerminationMessage.class);

  private TerminationMessage() {}

  /** Writes it; does nothing where there is no such file, as outside a container. */
  static void write(Path file, String message) {
    if (!Files.isWritable(file)) {
      return;
    }
    try {
      Files.writeString(file, message + "\n");
    } catch (IOException e) {
      LOG.debug("termination message not written file={} error={}", file, e.toString());
    }
  }
}
