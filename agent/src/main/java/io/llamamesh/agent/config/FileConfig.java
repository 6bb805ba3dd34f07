package io.llamamesh.agent.config;

import io.llamamesh.config.CollectorConfigYaml;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A document in a file, read when asked. */
public final class FileConfig {
  private static final Logger LOG = LoggerFactory.getLogger(FileConfig.class);

  private final Path file;
  private final ConfigApplier applier;

  public FileConfig(Path file, ConfigApplier applier) {
    this.file = file;
    this.applier = applier;
  }

  /**
   * Reads the file again, one call at a time, so that what was read last runs in the end.
   *
   * @return whether what it says runs now
   */
  public synchronized boolean load() {
    String yaml;
    try {
      yaml = read(file);
    } catch (IOException e) {
      applier.refuse(file.toString(), "cannot be read: " + e);
      return false;
    }
    if (applier.runs(yaml)) {
      LOG.info("config is as it was origin={}", file);
    }
    return applier.apply(yaml, file.toString());
  }

  /**
   * Reads a file, and no more of it than a config can have, whatever the path leads to.
   *
   * @throws java.nio.charset.CharacterCodingException when it is not UTF-8
   */
  public static String read(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(CollectorConfigYaml.MAX_CHARACTERS + 1);
    }
    if (bytes.length > CollectorConfigYaml.MAX_CHARACTERS) {
      throw new IOException("longer than any config");
    }
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
  }
}
