package io.llamamesh.e2e.machine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The folder of the one cluster that may run on a machine at a time: its data, and what somebody
 * needs who must clean up after it. The kernel ends a cluster's processes, mounts and namespaces
 * with the program that runs it, however that ends; files, control groups and changed settings of
 * the kernel are what may be left.
 */
public final class RunFolder implements AutoCloseable {
  /** Not in /tmp: that may be in memory, and images are large. */
  public static final Path PLACE = Path.of("/var/tmp/llama-mesh-e2e");

  /** The control group above those of all nodes. */
  public static final String CONTROL_GROUP = "llama-mesh-e2e";

  private static final Path LOCK = Path.of(PLACE + ".lock");
  private static final String SETTINGS = "kernel-settings";
  private static final Duration END_WITHIN = Duration.ofMinutes(1);

  private final FileChannel channel;

  private RunFolder(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the folder, and removes what an earlier run left.
   *
   * @throws IOException where another run has it; the message says which and how to end it
   */
  public static RunFolder claim() throws IOException, InterruptedException {
    FileChannel channel =
        FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = channel.tryLock();
    if (lock == null) {
      channel.close();
      throw new IOException(
          "a cluster runs already"
              + owner().map(pid -> " (process " + pid + ")").orElse("")
              + ": wait for its end, or end it by ./llama-mesh e2e --down");
    }
    clean();
    Files.createDirectories(PLACE);
    // Through the locked channel: closing another one of the same file would give up the lock.
    channel.truncate(0);
    channel.write(
        ByteBuffer.wrap(
            String.valueOf(ProcessHandle.current().pid()).getBytes(StandardCharsets.UTF_8)));
    KernelSettings.save(PLACE.resolve(SETTINGS));
    return new RunFolder(channel);
  }

  /** A place in it. */
  public Path resolve(String name) {
    return PLACE.resolve(name);
  }

  /**
   * Ends the program that runs a cluster, if there is one, and removes what is left of it.
   *
   * @return whether there was anything
   */
  public static boolean tryTearDown() throws IOException, InterruptedException {
    boolean there = Files.exists(PLACE);
    if (Files.exists(LOCK)) {
      try (FileChannel channel = FileChannel.open(LOCK, StandardOpenOption.WRITE)) {
        long end = System.nanoTime() + END_WITHIN.toNanos();
        boolean asked = false;
        while (channel.tryLock() == null) {
          if (!asked) {
            owner().flatMap(ProcessHandle::of).ifPresent(ProcessHandle::destroy);
            asked = true;
          }
          if (System.nanoTime() > end) {
            // All that it runs ends with it.
            owner().flatMap(ProcessHandle::of).ifPresent(ProcessHandle::destroyForcibly);
          }
          TimeUnit.MILLISECONDS.sleep(200);
        }
        clean();
      }
    }
    return there;
  }

  private static Optional<Long> owner() throws IOException {
    String text = Files.readString(LOCK).strip();
    return text.matches("\\d+") ? Optional.of(Long.valueOf(text)) : Optional.empty();
  }

  private static void clean() throws IOException, InterruptedException {
    KernelSettings.restore(PLACE.resolve(SETTINGS));
    ControlGroups.remove(CONTROL_GROUP);
    if (Files.exists(PLACE)) {
      // A walk of our own would stumble over what runtimes make without rights, or with odd names.
      Subprocess.run("rm", "-rf", "--one-file-system", PLACE.toString());
    }
  }

  @Override
  public void close() throws IOException {
    try {
      clean();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while removing " + PLACE, e);
    } finally {
      channel.close();
    }
  }
}
