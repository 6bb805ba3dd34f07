package io.llamamesh.e2e.cluster;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Lines that a node's pods wrote, also those of pods that are gone: a log is kept open from when it
 * is first seen, so that what its kubelet deletes can be read to its end. For one thread at a time.
 */
public final class PodLogs implements AutoCloseable {
  private static final String SUFFIX = ".log";

  private final Path folder;
  private final String pods;
  private final Map<Path, Log> open = new HashMap<>();

  /**
   * Logs of some of a node's pods from now on.
   *
   * @param pods how the names of these begin, namespace and underscore before them
   */
  public PodLogs(Node node, String pods) {
    this.folder = node.podLogs();
    this.pods = pods;
  }

  /** A file, and what was read of a line that has no end yet. */
  private record Log(InputStream file, ByteArrayOutputStream begun) {}

  /** The lines that were ended since the last time. */
  public List<String> read() throws IOException {
    openNew();
    List<String> lines = new ArrayList<>();
    for (Log log : open.values()) {
      for (byte each : log.file.readAllBytes()) {
        if (each == '\n') {
          lines.add(log.begun.toString(StandardCharsets.UTF_8));
          log.begun.reset();
        } else {
          log.begun.write(each);
        }
      }
    }
    return lines;
  }

  private void openNew() throws IOException {
    try (Stream<Path> found = Files.walk(folder)) {
      for (Path file : found.filter(this::isWanted).toList()) {
        if (!open.containsKey(file)) {
          open.put(file, new Log(Files.newInputStream(file), new ByteArrayOutputStream()));
        }
      }
    } catch (UncheckedIOException | NoSuchFileException e) {
      // A pod's folder was deleted meanwhile: the rest is found the next time.
    }
  }

  private boolean isWanted(Path file) {
    return file.toString().endsWith(SUFFIX)
        && folder.relativize(file).getName(0).toString().startsWith(pods);
  }

  @Override
  public void close() throws IOException {
    for (Log log : open.values()) {
      log.file.close();
    }
  }
}
