package io.llamamesh.agent.config;

import io.llamamesh.config.ConfigText;
import io.llamamesh.config.InvalidConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
  public synchronized boolean tryLoad() {
    String yaml;
    try {
      yaml = read(file);
    } catch (InvalidConfigException e) {
      applier.refuse(file.toString(), String.valueOf(e.getMessage()));
      return false;
    }
    if (applier.isRunning(yaml)) {
      LOG.info("config unchanged origin={}", file);
    }
    return applier.tryApply(yaml, file.toString());
  }

  /**
   * Reads a file, and no more of it than a config can have, whatever the path leads to.
   *
   * @throws InvalidConfigException when it cannot be had, with the reason in one line
   */
  public static String read(Path file) throws InvalidConfigException {
    try (InputStream in = Files.newInputStream(file)) {
      return ConfigText.read(in);
    } catch (NoSuchFileException e) {
      throw new InvalidConfigException("the file does not exist", e);
    } catch (AccessDeniedException e) {
      throw new InvalidConfigException("the file may not be read; grant this user to read it", e);
    } catch (FileSystemException e) {
      String reason = e.getReason() == null ? e.toString() : e.getReason();
      throw new InvalidConfigException("the file cannot be read: " + reason, e);
    } catch (IOException e) {
      throw new InvalidConfigException("the file cannot be read: " + e.getMessage(), e);
    }
  }
}
