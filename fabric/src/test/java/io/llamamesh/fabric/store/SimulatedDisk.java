package io.llamamesh.fabric.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePath;

/**
 * Disk for MVStore whose power can be cut: of what was written after the last sync, each write
 * stays or not, in no order, and one may stay in part. It can also be cut in the midst of an
 * operation, by a budget of writes and syncs. Used by one test at a time.
 */
final class SimulatedDisk extends FilePath {

  private static final String SCHEME = "crash";
  private static final int SECTOR = 512;

  /** Written after the last sync; null bytes for a truncation to the position. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared, never changed.
  private record Write(long position, byte[] bytes) {}

  private static final class File {
    byte[] synced = new byte[0];
    byte[] current = new byte[0];
    final List<Write> pending = new ArrayList<>();
  }

  private static final Map<String, File> FILES = new HashMap<>();
  private static int generation;
  private static int budget = Integer.MAX_VALUE;

  static String path(String name) {
    FilePath.register(new SimulatedDisk());
    return SCHEME + ":/" + name;
  }

  static void clear() {
    FILES.clear();
    budget = Integer.MAX_VALUE;
    generation++;
  }

  /** From now on so many writes and syncs are done, then every one fails. */
  static void dieAfter(int operations) {
    budget = operations;
  }

  /** The process is gone; what it wrote is with the kernel, and stays. */
  static void kill() {
    for (File file : FILES.values()) {
      file.synced = file.current.clone();
      file.pending.clear();
    }
    restart();
  }

  /** The machine is gone, and with it whatever was not synced, or part of that. */
  static void cutPower(Random random) {
    for (File file : FILES.values()) {
      byte[] left = file.synced.clone();
      int torn = file.pending.isEmpty() ? -1 : random.nextInt(file.pending.size());
      for (int i = 0; i < file.pending.size(); i++) {
        Write write = file.pending.get(i);
        if (i == torn && write.bytes() != null) {
          int sectors = random.nextInt(write.bytes().length / SECTOR + 1);
          byte[] part = Arrays.copyOf(write.bytes(), sectors * SECTOR);
          left = apply(left, new Write(write.position(), part));
        } else if (random.nextBoolean()) {
          left = apply(left, write);
        }
      }
      file.synced = left;
      file.current = left.clone();
      file.pending.clear();
    }
    restart();
  }

  private static void restart() {
    generation++;
    budget = Integer.MAX_VALUE;
  }

  /** Bytes after a write, in the same array where there is room. */
  private static byte[] apply(byte[] bytes, Write write) {
    if (write.bytes() == null) {
      return Arrays.copyOf(bytes, (int) Math.min(bytes.length, write.position()));
    }
    int end = (int) write.position() + write.bytes().length;
    byte[] result = bytes.length < end ? Arrays.copyOf(bytes, end) : bytes;
    System.arraycopy(write.bytes(), 0, result, (int) write.position(), write.bytes().length);
    return result;
  }

  static long size(String path) {
    return FILES.get(path).current.length;
  }

  private static final class Channel extends FileBaseDefault {
    private final File file;
    private final int opened = generation;

    Channel(File file) {
      this.file = file;
    }

    private void spend() throws IOException {
      if (opened != generation || budget <= 0) {
        throw new IOException("disk is gone");
      }
      budget--;
    }

    @Override
    public synchronized int read(ByteBuffer target, long position) {
      int length = (int) Math.min(target.remaining(), file.current.length - position);
      if (length <= 0) {
        return -1;
      }
      target.put(file.current, (int) position, length);
      return length;
    }

    @Override
    public synchronized int write(ByteBuffer source, long position) throws IOException {
      spend();
      byte[] bytes = new byte[source.remaining()];
      source.get(bytes);
      change(new Write(position, bytes));
      return bytes.length;
    }

    @Override
    protected void implTruncate(long size) throws IOException {
      spend();
      change(new Write(size, null));
    }

    private void change(Write write) {
      file.current = apply(file.current, write);
      file.pending.add(write);
    }

    @Override
    public void force(boolean metaData) throws IOException {
      spend();
      file.synced = file.current.clone();
      file.pending.clear();
    }

    @Override
    public long size() {
      return file.current.length;
    }

    @Override
    protected void implCloseChannel() {
      // Nothing is held.
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) {
      return new FileLock((FileChannel) this, position, size, shared) {
        @Override
        public boolean isValid() {
          return true;
        }

        @Override
        public void release() {
          // One process only.
        }
      };
    }
  }

  @Override
  public FileChannel open(String mode) {
    return new Channel(FILES.computeIfAbsent(name, path -> new File()));
  }

  @Override
  public SimulatedDisk getPath(String path) {
    SimulatedDisk file = new SimulatedDisk();
    file.name = path;
    return file;
  }

  @Override
  public String getScheme() {
    return SCHEME;
  }

  @Override
  public long size() {
    return exists() ? FILES.get(name).current.length : 0;
  }

  @Override
  public boolean exists() {
    return FILES.containsKey(name);
  }

  @Override
  public boolean createFile() {
    return FILES.putIfAbsent(name, new File()) == null;
  }

  @Override
  public void delete() {
    FILES.remove(name);
  }

  @Override
  public void moveTo(FilePath newName, boolean atomicReplace) {
    FILES.put(newName.toString(), FILES.remove(name));
  }

  @Override
  public List<FilePath> newDirectoryStream() {
    return List.of();
  }

  @Override
  public FilePath toRealPath() {
    return this;
  }

  @Override
  public FilePath getParent() {
    return null;
  }

  @Override
  public boolean isDirectory() {
    return false;
  }

  @Override
  public boolean isRegularFile() {
    return exists();
  }

  @Override
  public boolean isAbsolute() {
    return true;
  }

  @Override
  public long lastModified() {
    return 0;
  }

  @Override
  public boolean canWrite() {
    return true;
  }

  @Override
  public void createDirectory() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean setReadOnly() {
    return false;
  }
}
