package io.llamamesh.agent.fabric;

import io.llamamesh.fabric.codec.CodecException;
import io.llamamesh.fabric.linkstate.LinkStateMessage;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Ads;
import io.llamamesh.fabric.linkstate.LinkStateMessage.AgedAd;
import io.llamamesh.fabric.store.MemoryStorage;
import io.llamamesh.fabric.store.MvStorage;
import io.llamamesh.fabric.store.Storage;
import io.llamamesh.fabric.store.StorageException;
import io.llamamesh.fabric.store.StoreService;
import io.llamamesh.fabric.transport.FabricPersistence;
import io.llamamesh.fabric.wire.MessageCodec;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The incarnation, the known members and the replicated store in the agent's state folder. The
 * incarnation is on disk when its call returns; members are written beside, the newest list only.
 * Damaged files are logged and treated as missing.
 */
public final class FabricFiles implements FabricPersistence, AutoCloseable {

  static final String INCARNATION = "fabric-incarnation";
  static final String MEMBERS = "fabric-members";
  static final String STORE = "fabric-store";
  static final String STORE_DAMAGED = "fabric-store.damaged";
  static final String STORE_REBUILT = "fabric-store.rebuilt";

  private static final Logger LOG = LoggerFactory.getLogger(FabricFiles.class);
  private static final int MAGIC = 0x4c4d_464d; // "LMFM"
  private static final long MOST_BYTES = 8L << 20;

  private final @Nullable Path folder;
  private final InstantSource clock;
  private final AtomicReference<@Nullable List<AgedAd>> next = new AtomicReference<>();
  private final ReentrantLock writing = new ReentrantLock();
  private volatile long inMemory;

  /**
   * The files of a folder.
   *
   * @param folder null where nothing is kept
   */
  public FabricFiles(@Nullable Path folder, InstantSource clock) {
    this.folder = folder;
    this.clock = clock;
  }

  @Override
  public long incarnation() {
    if (folder == null) {
      return inMemory;
    }
    Path file = folder.resolve(INCARNATION);
    try {
      String text = Files.readString(file, StandardCharsets.US_ASCII).strip();
      return Math.max(inMemory, Long.parseLong(text));
    } catch (NoSuchFileException e) {
      return inMemory;
    } catch (IOException | NumberFormatException e) {
      LOG.warn("stored incarnation not readable, starting from the clock error={}", e.toString());
      return inMemory;
    }
  }

  @Override
  public void storeIncarnation(long incarnation) throws IOException {
    inMemory = incarnation;
    if (folder != null) {
      write(folder.resolve(INCARNATION), (incarnation + "\n").getBytes(StandardCharsets.US_ASCII));
    }
  }

  @Override
  public List<AgedAd> members() {
    if (folder == null) {
      return List.of();
    }
    Path file = folder.resolve(MEMBERS);
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new IOException("longer than " + MOST_BYTES + " bytes");
      }
      return read(ByteBuffer.wrap(Files.readAllBytes(file)));
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException | CodecException | RuntimeException e) {
      LOG.warn("stored members not readable, starting without them error={}", e.toString());
      return List.of();
    }
  }

  private List<AgedAd> read(ByteBuffer in) throws CodecException {
    if (in.getInt() != MAGIC) {
      throw new CodecException("no list of members");
    }
    long meanwhile = Math.max(0, clock.millis() - in.getLong());
    List<AgedAd> members = new ArrayList<>();
    while (in.hasRemaining()) {
      int length = in.getInt();
      if (length < 0 || length > in.remaining()) {
        throw new CodecException("ends early");
      }
      byte[] bytes = new byte[length];
      in.get(bytes);
      if (MessageCodec.decode(bytes) instanceof Ads ads) {
        for (AgedAd aged : ads.ads()) {
          members.add(new AgedAd(aged.ad(), aged.ageMillis() + meanwhile));
        }
      }
    }
    return members;
  }

  @Override
  public void storeMembers(List<AgedAd> members) {
    if (folder != null && next.getAndSet(members) == null) {
      Thread.ofVirtual().name("fabric-members").start(this::writeMembers);
    }
  }

  private void writeMembers() {
    writing.lock();
    try {
      List<AgedAd> members = next.getAndSet(null);
      if (members != null && folder != null) {
        write(folder.resolve(MEMBERS), bytes(members));
      }
    } catch (IOException e) {
      LOG.warn("members not stored error={}", e.toString());
    } finally {
      writing.unlock();
    }
  }

  private byte[] bytes(List<AgedAd> members) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(MAGIC);
    out.writeLong(clock.millis());
    for (int at = 0; at < members.size(); at += LinkStateMessage.MAX_ADS) {
      int end = Math.min(members.size(), at + LinkStateMessage.MAX_ADS);
      byte[] some = MessageCodec.encode(new Ads(members.subList(at, end)));
      out.writeInt(some.length);
      out.write(some);
    }
    return bytes.toByteArray();
  }

  @Override
  public StoreService.Disk storeDisk() {
    return folder == null ? new NoDisk() : new StoreFile(folder);
  }

  /** Without a folder keys live as long as some agent that has them. */
  private static final class NoDisk implements StoreService.Disk {

    @Override
    public Storage open() {
      LOG.warn(
          "replicated store is kept in memory only: give --state-dir, or keys are lost when all"
              + " agents that have them end");
      return new MemoryStorage();
    }

    @Override
    public void setAside() {}
  }

  private record StoreFile(Path folder) implements StoreService.Disk {

    @Override
    public Storage open() throws StorageException {
      return MvStorage.open(folder.resolve(STORE).toString());
    }

    @Override
    public void setAside() throws StorageException {
      Path aside = folder.resolve(STORE_DAMAGED);
      try {
        Files.move(folder.resolve(STORE), aside, StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        throw new StorageException("damaged store cannot be moved to " + aside, e);
      }
      LOG.warn("replicated store is damaged, starting without it movedTo={}", aside);
    }

    /** The damaged file is replaced in one step: whoever is killed meanwhile finds either. */
    @Override
    public Storage rebuild(StoreService.Filler filler) throws StorageException {
      Path store = folder.resolve(STORE);
      Path rebuilt = folder.resolve(STORE_REBUILT);
      try {
        Files.deleteIfExists(rebuilt);
        try (MvStorage fresh = MvStorage.open(rebuilt.toString())) {
          filler.fill(fresh);
        }
        if (Files.isRegularFile(store)) {
          Files.copy(store, folder.resolve(STORE_DAMAGED), StandardCopyOption.REPLACE_EXISTING);
        }
        Files.move(
            rebuilt, store, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        throw new StorageException("damaged store cannot be made anew: " + e.getMessage(), e);
      }
      return open();
    }
  }

  /** Writes a file atomically: after a loss of power it has either the old or the new content. */
  private static void write(Path file, byte[] content) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try (FileChannel channel =
        FileChannel.open(
            part,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Writes the pending list. */
  @Override
  public void close() {
    writeMembers();
  }
}
