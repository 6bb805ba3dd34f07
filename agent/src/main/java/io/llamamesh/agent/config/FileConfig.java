package io.llamamesh.agent.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A document in a file, read when asked. */
public final class FileConfig {

  private final Path file;
  private final ConfigApplier applier;

  public FileConfig(Path file, ConfigApplier applier) {
    this.file = file;
    this.applier = applier;
  }

  /** Reads the file again; returns whether what it says runs now. */
  public boolean load() {
    String yaml;
    try {
      yaml = Files.readString(file);
    } catch (IOException e) {
      applier.refuse(file.toString(), "cannot be read: " + e);
      return false;
    }
    return applier.apply(yaml, file.toString());
  }
}
