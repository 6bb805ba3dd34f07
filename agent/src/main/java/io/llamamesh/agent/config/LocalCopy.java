package io.llamamesh.agent.config;

import io.llamamesh.config.CollectorConfigYaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * Copy of the last good document in the state folder, to start from when the API cannot be reached.
 */
public final class LocalCopy {

  private final Path file;

  /** A copy in this folder, which must exist. */
  public LocalCopy(Path folder) {
    this.file = folder.resolve("collector.yaml");
  }

  /** The copy; empty when there is none. */
  public Optional<String> read() throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    if (Files.size(file) > CollectorConfigYaml.MAX_CHARACTERS) {
      throw new IOException("longer than any config: " + file);
    }
    return Optional.of(Files.readString(file));
  }

  /** Keeps a document; a crash leaves either the old or the new one. */
  public void write(String yaml) throws IOException {
    Path fresh = file.resolveSibling("collector.yaml.new");
    Files.writeString(fresh, yaml);
    Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Forgets the document: it was deleted on purpose. */
  public void delete() throws IOException {
    Files.deleteIfExists(file);
  }
}
