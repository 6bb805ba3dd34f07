package io.llamamesh.registry.store;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llamamesh.registry.directory.Registry;
import io.llamamesh.registry.directory.SavedProbe;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory in a file of a folder that one registry has for itself. Replaced whole: a crash
 * leaves the old or the new one. A file that cannot be read is set aside with a warning, and the
 * registry starts empty; its probes come back within a minute.
 */
public final class StateFile implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StateFile.class);

  /** Twice what the texts of a directory may have. */
  private static final long MAX_BYTES = 64L << 20;

  private static final int VERSION = 1;
  private static final int BUFFER = 64 << 10;
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          // The file is forced to the disk before it is closed.
          .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
          .build();

  static {
    JSON.getFactory()
        .setStreamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(16).build());
  }

  private final Path file;
  private final FileChannel lockChannel;
  private long written = -1;
  private @Nullable String complaint;

  /**
   * The file's content.
   *
   * @param version of this form
   * @param entries in the order of their first registrations
   */
  private record Document(
      @JsonProperty("version") int version, @JsonProperty("entries") List<SavedProbe> entries) {}

  private StateFile(Path file, FileChannel lockChannel) {
    this.file = file;
    this.lockChannel = lockChannel;
  }

  /**
   * Takes the folder.
   *
   * @param folder made where it is missing
   * @throws IOException where it cannot be used, or another registry has it
   */
  public static StateFile open(Path folder) throws IOException {
    Files.createDirectories(folder);
    FileChannel channel =
        FileChannel.open(
            folder.resolve("registry.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      @Nullable FileLock lock = channel.tryLock();
      if (lock == null) {
        throw new OverlappingFileLockException();
      }
      return new StateFile(folder.resolve("registry.json"), channel);
    } catch (OverlappingFileLockException e) {
      channel.close();
      throw new IOException(
          folder
              + " belongs to another registry that runs; two would not know each other's probes:"
              + " give each its own --state-dir, and its own name to the probes",
          e);
    }
  }

  /** Takes in what was saved. */
  public void load(Registry registry) {
    if (!Files.exists(file)) {
      return;
    }
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new IOException("larger than " + MAX_BYTES + " bytes");
      }
      Document document;
      try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
        document = JSON.readValue(in, Document.class);
      }
      if (document == null) {
        throw new IOException("it says nothing");
      }
      if (document.version() != VERSION || document.entries() == null) {
        throw new IOException("of version " + document.version() + ", known is " + VERSION);
      }
      int left = registry.restore(document.entries());
      LOG.info(
          "directory restored file={} probes={} leftOut={}",
          file,
          document.entries().size() - left,
          left);
    } catch (IOException | RuntimeException e) {
      String words = e instanceof JsonProcessingException j ? j.getOriginalMessage() : e.toString();
      LOG.warn("directory not readable, starting empty file={} error={}", file, words);
      setAside();
    }
  }

  private void setAside() {
    try {
      Files.move(
          file, file.resolveSibling("registry.json.bad"), StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.warn("directory not set aside error={}", e.toString());
    }
  }

  /**
   * Saves it where members changed since the last time; a failure is logged once and tried again.
   */
  public synchronized void saveIfChanged(Registry registry) {
    long version = registry.version();
    if (version == written) {
      return;
    }
    try {
      save(registry.save());
      written = version;
      if (complaint != null) {
        LOG.info("directory is saved again file={}", file);
      }
      complaint = null;
    } catch (IOException e) {
      if (!e.toString().equals(complaint)) {
        complaint = e.toString();
        LOG.warn("directory not saved, a restart would begin empty error={}", complaint);
      }
    }
  }

  private void save(List<SavedProbe> entries) throws IOException {
    Path fresh = file.resolveSibling("registry.json.new");
    Files.deleteIfExists(fresh);
    try (FileChannel channel =
        FileChannel.open(fresh, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      if (fresh.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        // It holds the probes' instances, by which they are known.
        Files.setPosixFilePermissions(
            fresh, Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE));
      }
      OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER);
      JSON.writeValue(out, new Document(VERSION, entries));
      out.flush();
      channel.force(true);
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Gives the folder back. */
  @Override
  public void close() throws IOException {
    lockChannel.close();
  }
}
