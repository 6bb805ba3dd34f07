package io.llamamesh.registry.store;

import io.llamamesh.registry.directory.ClusterNodes;
import io.llamamesh.registry.directory.Registry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file with a cluster's nodes, read again when it changes; while it cannot be read the last
 * ones stay. For one thread at a time.
 */
public final class NodesFile {
  private static final Logger LOG = LoggerFactory.getLogger(NodesFile.class);
  private static final int MAX_BYTES = 4 << 20;

  private final Path file;
  private FileTime readAs = FileTime.fromMillis(0);
  private String complaint = "";

  private NodesFile(Path file) {
    this.file = file;
  }

  /**
   * Reads it for the first time.
   *
   * @param file null for none
   * @return null where there is none
   * @throws IOException where it cannot be read, saying why
   */
  public static @Nullable NodesFile open(@Nullable Path file, Registry registry)
      throws IOException {
    if (file == null) {
      return null;
    }
    NodesFile opened = new NodesFile(file);
    opened.read(Files.getLastModifiedTime(file), registry);
    return opened;
  }

  /** Reads it again where it has changed; a failure is logged once. */
  public void refresh(Registry registry) {
    try {
      FileTime time = Files.getLastModifiedTime(file);
      if (!time.equals(readAs)) {
        read(time, registry);
        LOG.info("nodes read again file={}", file);
      }
      complaint = "";
    } catch (IOException e) {
      if (!e.toString().equals(complaint)) {
        complaint = e.toString();
        LOG.warn("nodes not readable, the last ones stay file={} error={}", file, complaint);
      }
    }
  }

  private void read(FileTime time, Registry registry) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(file + " is larger than " + MAX_BYTES + " bytes");
    }
    registry.setClusterNodes(ClusterNodes.parse(Files.readAllBytes(file)));
    readAs = time;
  }
}
