package io.llamamesh.images.tar;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * An image that is unpacked into a folder, as {@code docker save} writes it: documents and layers
 * as files.
 *
 * @param folder where it is
 */
record BaseImage(Path folder) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REMOVED = ".wh.";
  private static final int EXECUTABLE = 0100;

  /** Unpacks an image's tar. */
  static BaseImage unpack(Path tar, Path folder) throws IOException {
    try (TarArchiveInputStream in = new TarArchiveInputStream(Files.newInputStream(tar))) {
      for (TarArchiveEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
        if (e.isFile()) {
          Files.copy(in, made(folder, e.getName()), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
    return new BaseImage(folder);
  }

  /**
   * The place of its JRE: its variable {@code JAVA_HOME}, without the leading slash.
   *
   * @throws IOException where it does not say
   */
  String javaHome() throws IOException {
    JsonNode config = JSON.readTree(folder.resolve(manifest().path("Config").asText()).toFile());
    for (JsonNode variable : config.path("config").path("Env")) {
      if (variable.asText().startsWith("JAVA_HOME=/")) {
        return variable.asText().substring("JAVA_HOME=/".length());
      }
    }
    throw new IOException("the base's JAVA_HOME is not set");
  }

  /** Puts what it has below a place, with times and rights to execute, into a folder. */
  void copy(String place, Path to) throws IOException {
    for (JsonNode layer : manifest().path("Layers")) {
      try (InputStream file = Files.newInputStream(folder.resolve(layer.asText()));
          TarArchiveInputStream in = new TarArchiveInputStream(plain(file))) {
        for (TarArchiveEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
          String name = relative(e.getName());
          if (name.startsWith(place + "/")) {
            put(in, e, name, to);
          }
        }
      }
    }
  }

  private JsonNode manifest() throws IOException {
    return JSON.readTree(folder.resolve("manifest.json").toFile()).path(0);
  }

  private static InputStream plain(InputStream file) throws IOException {
    BufferedInputStream in = new BufferedInputStream(file);
    in.mark(2);
    boolean zipped = in.read() == 0x1f && in.read() == 0x8b;
    in.reset();
    return zipped ? new GZIPInputStream(in) : in;
  }

  /** A layer's name without what tools put before it: {@code ./opt}, {@code /opt}, {@code opt}. */
  private static String relative(String name) {
    return name.replaceFirst("^(\\.?/)+", "");
  }

  private static void put(InputStream in, TarArchiveEntry entry, String path, Path to)
      throws IOException {
    Path at = made(to, path);
    String name = String.valueOf(at.getFileName());
    if (name.startsWith(REMOVED)) {
      Files.deleteIfExists(at.resolveSibling(name.substring(REMOVED.length())));
    } else if (entry.isDirectory()) {
      Files.createDirectories(at);
    } else if (entry.isSymbolicLink()) {
      Files.deleteIfExists(at);
      Files.createSymbolicLink(at, Path.of(entry.getLinkName()));
    } else if (entry.isLink()) {
      Files.copy(
          made(to, relative(entry.getLinkName())),
          at,
          StandardCopyOption.REPLACE_EXISTING,
          StandardCopyOption.COPY_ATTRIBUTES);
    } else {
      Files.copy(in, at, StandardCopyOption.REPLACE_EXISTING);
      boolean executable = (entry.getMode() & EXECUTABLE) != 0;
      Files.setPosixFilePermissions(
          at, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
      // The JVM compares it with what an archive of classes was made with.
      Files.setLastModifiedTime(at, FileTime.from(entry.getLastModifiedTime().toInstant()));
    }
  }

  /** A place in a folder, whose parent is made; nothing gets out of the folder. */
  private static Path made(Path folder, String name) throws IOException {
    Path at = folder.resolve(name).normalize();
    if (!at.startsWith(folder)) {
      throw new IOException("the base has a file outside of it: " + name);
    }
    Files.createDirectories(at.getParent());
    return at;
  }
}
