package io.llamamesh.fabric.store;

import io.llamamesh.fabric.codec.CodecException;
import io.llamamesh.fabric.crdt.CausalContext;
import io.llamamesh.fabric.crdt.Document;
import io.llamamesh.fabric.crdt.DocumentCodec;
import io.llamamesh.fabric.crdt.Operation;
import io.llamamesh.fabric.crdt.OperationException;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One node's copy of the replicated store, a state machine that its host drives from one thread:
 * calls with a monotonic time in nanoseconds in, messages by a {@link StoreOutbox} and answers out.
 * The host calls {@link #tick} at least ten times a second and {@link #flush} whenever operations
 * wait. Both wait for the disk, so the thread must not be one that keeps time for others.
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li>An operation is answered with {@link Result.Done} after it is on disk, and leaves the node
 *       after that, too. What was answered so is on every node that this one is, or comes to be,
 *       connected with.
 *   <li>Two replicas that have heard of the same writes hold equal values, in whatever order they
 *       heard.
 *   <li>No write ever uses a number again, neither after a crash nor with an older disk or none:
 *       each start takes a new life. Where a number proves too low, since the clock was wrong and
 *       nobody could be asked, what was written under it is written again under a new one.
 *   <li>A key {@code node/NAME/…} has writes of that node only, whoever sends it.
 *   <li>Memory is bounded by {@link ReplicatedStoreOptions}; what is refused or dropped for that is
 *       counted.
 * </ul>
 */
public final class ReplicatedStore {

  /** Time for which others' documents wait for company, so that one sync serves many. */
  private static final long JOIN_DELAY = TimeUnit.MILLISECONDS.toNanos(50);

  /** Time for which a disk that failed is left alone, but for operations. */
  private static final long RETRY_DELAY = TimeUnit.SECONDS.toNanos(1);

  private static final int MAX_JOINS = 4_096;
  private static final long MAX_JOIN_BYTES = 4L << 20;

  /**
   * Encoded bytes from which on a batch for the disk takes no more: on its way each is held several
   * times over.
   */
  private static final long BATCH_BYTES = 1L << 20;

  /** Keys that one flush looks at when it cleans up. */
  private static final int MAX_CLEANED = 64;

  private static final long CLEAN_EACH = TimeUnit.MINUTES.toNanos(10);

  private final String node;
  private Storage storage;
  private final ReplicatedStoreOptions options;
  private final StoreOutbox outbox;
  private final InstantSource clock;
  private final Table table = new Table();
  private final AntiEntropy antiEntropy;
  private final IncarnationNumbers lives;
  private final List<Subscription> subscriptions = new ArrayList<>();

  private final ArrayDeque<Requested> operations = new ArrayDeque<>();
  private final ArrayDeque<Received> joins = new ArrayDeque<>();

  /** Hashes of the whole documents among {@link #joins}. */
  private final Set<Long> joinHashes = new HashSet<>();

  private final ArrayDeque<String> uncleaned = new ArrayDeque<>();
  private long joinBytes;
  private long oldestJoin;
  private boolean ticked;
  private long nextCleaning;
  private boolean diskFailed;
  private boolean diskDamaged;
  private long retryAt;

  private boolean synced;

  private long largestBytes;
  private long done;
  private long refused;
  private long joined;
  private long refusedJoins;
  private long droppedJoins;
  private long foreignWrites;
  private long malformed;
  private long failedWrites;
  private long lostRecords;
  private long rebuilds;

  /** An operation that waits for the disk. */
  private record Requested(
      Key key, Operation operation, @Nullable String version, Consumer<Result> answer) {}

  /**
   * A document of others that waits for the disk, encoded.
   *
   * @param neighbour who sent its whole state, null for a delta
   * @param hash of that state
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared, never changed.
  private record Received(String key, byte[] encoded, @Nullable String neighbour, long hash) {}

  private ReplicatedStore(
      String node,
      Storage storage,
      ReplicatedStoreOptions options,
      StoreOutbox outbox,
      InstantSource clock,
      RandomGenerator random)
      throws StorageException {
    this.node = node;
    this.storage = storage;
    this.options = options;
    this.outbox = outbox;
    this.clock = clock;
    this.antiEntropy =
        new AntiEntropy(
            table,
            options,
            outbox,
            random,
            new AntiEntropy.Listener() {
              @Override
              public boolean tryAccept(String neighbour, String key, byte[] encoded, long hash) {
                return enqueue(new Received(key, encoded, neighbour, hash));
              }

              @Override
              public boolean isWaiting(long hash) {
                return joinHashes.contains(hash);
              }

              @Override
              public void onMalformed() {
                malformed++;
              }
            });
    Storage.Contents contents = storage.load();
    long known = Math.max(contents.life(), load(contents.records()));
    this.lives = new IncarnationNumbers(node, known, contents.settledLife(), clock, random);
    storage.write(new StagedChanges(table).toBatch(lives.present(), lives.settled()));
  }

  /**
   * Opens a node's store with what its disk holds, in a new life, which is on disk when this
   * returns.
   *
   * @param node the node's name
   * @param clock the wall clock, for lives and registers' times
   * @throws StorageException when the disk cannot be read and written, or no number is left
   */
  public static ReplicatedStore open(
      String node,
      Storage storage,
      ReplicatedStoreOptions options,
      StoreOutbox outbox,
      InstantSource clock,
      RandomGenerator random)
      throws StorageException {
    return new ReplicatedStore(node, storage, options, outbox, clock, random);
  }

  /** Fills the table, and returns the last life of this node that is found on the way. */
  private long load(Map<String, byte[]> records) {
    long known = 0;
    Iterator<Map.Entry<String, byte[]>> left = records.entrySet().iterator();
    while (left.hasNext()) {
      Map.Entry<String, byte[]> record = left.next();
      try {
        Entry entry = Entry.ofRecord(new Key(record.getKey()).text(), record.getValue());
        known = Math.max(known, entry.document().context().lastLife(node));
        table.put(record.getKey(), entry);
      } catch (CodecException | IllegalArgumentException e) {
        // Others have what was in it, and will send it.
        lostRecords++;
      }
      left.remove();
    }
    return known;
  }

  /**
   * Asks for an operation. It is done by the next {@link #flush}; only what cannot be done anyway
   * is answered at once.
   *
   * @param version the value's version that the operation is meant for, null for any
   * @param answer takes the outcome, on this thread, once
   */
  public void submit(
      Key key, Operation operation, @Nullable String version, Consumer<Result> answer) {
    if (!key.mayBeWrittenBy(node)) {
      refuse(answer, new Result.Forbidden(key.owner().orElse("")));
    } else if (operations.size() >= options.waiting()) {
      refuse(answer, new Result.Busy());
    } else {
      operations.add(new Requested(key, operation, version, answer));
    }
  }

  private void refuse(Consumer<Result> answer, Result result) {
    refused++;
    answer.accept(result);
  }

  /** Removes a key's value, as far as it was seen here. */
  public void remove(Key key, @Nullable String version, Consumer<Result> answer) {
    submit(key, new Operation.Clear(), version, answer);
  }

  /** A key's value. */
  public Value get(Key key) {
    return Value.of(table.get(key.text()));
  }

  /** Version of a key's value, as in {@link Value#version}, without reading the value. */
  public String version(Key key) {
    Entry entry = table.get(key.text());
    return entry == null ? Value.ABSENT : entry.version();
  }

  /**
   * Keys that have a value, in order.
   *
   * @param after keys up to this one are left out, empty for none
   * @param max how many at most
   */
  public List<Key> keys(KeyPattern pattern, String after, int max) {
    List<Key> keys = new ArrayList<>();
    for (Map.Entry<String, Entry> entry : table.entries().tailMap(after, false).entrySet()) {
      if (keys.size() >= max) {
        break;
      }
      Key key = new Key(entry.getKey());
      if (!entry.getValue().isRemoved() && pattern.matches(key)) {
        keys.add(key);
      }
    }
    return keys;
  }

  /**
   * Subscribes to the keys of a pattern. Those that are there wait already.
   *
   * @param wakeUp called when a first key waits, on this thread; must only leave word
   * @return empty when too many are open
   */
  public Optional<Subscription> subscribe(KeyPattern pattern, Runnable wakeUp) {
    if (subscriptions.size() >= options.subscriptions()) {
      return Optional.empty();
    }
    Subscription subscription = new Subscription(pattern, wakeUp, this::get, subscriptions::remove);
    subscriptions.add(subscription);
    table
        .entries()
        .forEach((key, entry) -> {
          if (!entry.isRemoved()) {
            subscription.changed(new Key(key));
          }
        });
    return Optional.of(subscription);
  }

  /** True once this life has completed an exchange with a neighbour. */
  public boolean isSynced() {
    return synced;
  }

  /** Begins an exchange with every neighbour at once: for a node that is about to end. */
  public void exchange() {
    antiEntropy.exchange();
  }

  /**
   * True when some neighbour was seen to have everything that this node has written since its
   * start. A node that leaves with its disk waits for that, for a second or two.
   */
  public boolean isReplicated() {
    return antiEntropy.isReplicated();
  }

  /** A link to a neighbour is up; both ends begin an exchange. */
  public void neighbourUp(String neighbour, long now) {
    antiEntropy.neighbourUp(neighbour, now);
  }

  /** A link to a neighbour is down. */
  public void neighbourDown(String neighbour) {
    antiEntropy.neighbourDown(neighbour);
  }

  /** A message that a neighbour's store sent to this one. */
  public void onMessage(String neighbour, byte[] bytes, long now) {
    try {
      boolean first = joins.isEmpty();
      antiEntropy.onMessage(neighbour, StoreMessage.decode(bytes), now);
      if (first) {
        oldestJoin = now;
      }
    } catch (CodecException e) {
      malformed++;
    }
  }

  /** A message that another node's store sent to all. */
  public void onMulticast(byte[] bytes, long now) {
    try {
      if (joins.isEmpty()) {
        oldestJoin = now;
      }
      if (StoreMessage.decode(bytes) instanceof StoreMessage.Deltas(var deltas)) {
        for (StoreMessage.Delta delta : deltas) {
          onDelta(delta, now);
        }
      } else {
        malformed++;
      }
    } catch (CodecException e) {
      malformed++;
    }
  }

  private void onDelta(StoreMessage.Delta delta, long now) {
    try {
      if (!enqueue(new Received(new Key(delta.key()).text(), delta.bytes(), null, 0))) {
        antiEntropy.hurry(now);
      }
    } catch (IllegalArgumentException e) {
      malformed++;
    }
  }

  private boolean enqueue(Received received) {
    if (joins.size() >= MAX_JOINS || joinBytes + received.encoded().length > MAX_JOIN_BYTES) {
      droppedJoins++;
      return false;
    }
    joins.add(received);
    if (received.neighbour() != null) {
      joinHashes.add(received.hash());
    }
    joinBytes += received.encoded().length;
    return true;
  }

  /** Does what is due by time: turns of anti-entropy, cleaning, documents of others that wait. */
  public void tick(long now) {
    antiEntropy.tick(now);
    if (!ticked || now - nextCleaning >= 0) {
      ticked = true;
      nextCleaning = now + CLEAN_EACH;
      clean();
    }
    if (joins.isEmpty() && antiEntropy.takeCompleted()) {
      settle();
    }
    boolean due = !joins.isEmpty() && now - oldestJoin >= JOIN_DELAY;
    boolean urgent = joinBytes > MAX_JOIN_BYTES / 2 || lives.isChanged() || !uncleaned.isEmpty();
    boolean resting = diskFailed && now - retryAt < 0;
    if ((due || urgent) && !resting) {
      flush(now);
    }
  }

  /** Looks at every key again: for earlier lives to merge and removed keys to forget. */
  private void clean() {
    uncleaned.clear();
    uncleaned.addAll(table.entries().keySet());
  }

  /** True while operations wait that the last {@link #flush} has left for the next one. */
  public boolean hasOperations() {
    return !operations.isEmpty();
  }

  /** True when what is on disk will never be readable; then nothing more is written to it. */
  public boolean isDiskDamaged() {
    return diskDamaged;
  }

  /** Writes all that is known here to a new disk, which holds nothing else. */
  public void copyTo(Storage fresh) throws StorageException {
    Map<String, byte[]> records = new HashMap<>();
    long bytes = 0;
    for (Map.Entry<String, Entry> entry : table.entries().entrySet()) {
      byte[] written = entry.getValue().toRecord();
      records.put(entry.getKey(), written);
      bytes += written.length;
      if (bytes >= BATCH_BYTES) {
        fresh.write(new Storage.Batch(lives.present(), lives.settled(), records, List.of()));
        records.clear();
        bytes = 0;
      }
    }
    fresh.write(new Storage.Batch(lives.present(), lives.settled(), records, List.of()));
  }

  /** Goes on with another disk, which has all of {@link #copyTo}. */
  public void moveTo(Storage fresh) {
    storage = fresh;
    diskDamaged = false;
    diskFailed = false;
    rebuilds++;
  }

  /** Does operations that wait, as many as one batch for the disk has room for, and answers. */
  public void flush(long now) {
    if (operations.isEmpty() && joins.isEmpty() && uncleaned.isEmpty() && !lives.isChanged()) {
      return;
    }
    List<Requested> unanswered = new ArrayList<>();
    try {
      flush(unanswered, now);
    } catch (RuntimeException e) {
      // Whoever waits has an answer all the same, and leaves room for the next ones.
      fail(unanswered, "the store failed: " + e, now);
      throw e;
    }
  }

  /** Flushes; {@code unanswered} has the operations that were begun, each until its answer. */
  private void flush(List<Requested> unanswered, long now) {
    StagedChanges changes = new StagedChanges(table);
    // Others' documents first: they may show that the life in use is too low.
    while (!joins.isEmpty() && changes.encodedBytes() < BATCH_BYTES) {
      Received received = joins.remove();
      joinBytes -= received.encoded().length;
      joinHashes.remove(received.hash());
      join(received, changes, now);
    }
    long full = changes.encodedBytes() + BATCH_BYTES;
    while (!operations.isEmpty() && changes.encodedBytes() < full) {
      Requested operation = operations.remove();
      unanswered.add(operation);
      operate(operation, changes, unanswered);
    }
    cleanSome(changes);
    if (diskDamaged) {
      fail(unanswered, "its file is damaged and is made anew", now);
      return;
    }
    if (!changes.isEmpty() || lives.isChanged()) {
      try {
        storage.write(changes.toBatch(lives.present(), lives.settled()));
        lives.written();
        diskFailed = false;
      } catch (StorageException e) {
        diskDamaged |= e.isDamaged();
        fail(unanswered, String.valueOf(e.getMessage()), now);
        return;
      }
    }
    commit(changes, now);
  }

  private void fail(List<Requested> unanswered, String reason, long now) {
    failedWrites++;
    diskFailed = true;
    retryAt = now + RETRY_DELAY;
    antiEntropy.abandonExchanges();
    // The disk may hold the numbers that were used.
    lives.takeNew(lives.present());
    for (Requested operation : List.copyOf(unanswered)) {
      unanswered.remove(operation);
      refuse(operation.answer(), new Result.Unavailable(reason));
    }
  }

  private void commit(StagedChanges changes, long now) {
    changes.commit();
    changes
        .entries()
        .forEach((key, entry) -> {
          largestBytes = Math.max(largestBytes, entry.encoded().length);
          Key changed = new Key(key);
          subscriptions.forEach(subscription -> subscription.changed(changed));
        });
    for (StoreMessage message : changes.deltaMessages()) {
      outbox.multicast(StoreMessage.encode(message));
    }
    antiEntropy.offer(changes.offers(), now);
    if (joins.isEmpty() && antiEntropy.takeCompleted()) {
      settle();
    }
    changes.runAfterwards();
  }

  /** What neighbours held of this node's earlier lives is here: they can be merged from now on. */
  private void settle() {
    synced = true;
    if (lives.trySettle()) {
      clean();
    }
  }

  private void operate(Requested requested, StagedChanges changes, List<Requested> unanswered) {
    String key = requested.key().text();
    Entry before = changes.entry(key);
    String version = before == null ? Value.ABSENT : before.version();
    Result result;
    if (requested.version() != null && !requested.version().equals(version)) {
      result = new Result.Stale(Value.of(before));
    } else {
      try {
        Document.Applied applied =
            changes
                .document(key)
                .apply(requested.operation(), lives.actor(), clock.millis(), lives.mergeable());
        result = accept(key, before, applied, changes);
      } catch (OperationException e) {
        result = new Result.Invalid(String.valueOf(e.getMessage()));
      }
    }
    Result outcome = result;
    changes.afterwards(() -> {
      unanswered.remove(requested);
      if (outcome instanceof Result.Done) {
        done++;
        requested.answer().accept(outcome);
      } else {
        refuse(requested.answer(), outcome);
      }
    });
  }

  private Result accept(
      String key, @Nullable Entry before, Document.Applied applied, StagedChanges changes) {
    if (!applied.hasChanged()) {
      return new Result.Done(Value.of(before), before != null && isLarge(before));
    }
    Entry after = Entry.of(key, applied.document(), clock.millis() / 1_000);
    long growth = changes.growth(key, after);
    if (growth > 0) {
      if (after.encoded().length > options.valueBytes()) {
        return new Result.TooLarge(after.encoded().length, options.valueBytes());
      }
      if (changes.bytes() + growth > options.totalBytes()) {
        return new Result.Full(changes.bytes() + growth, options.totalBytes());
      }
    }
    changes.put(key, after);
    changes.afterwards(antiEntropy::committed);
    StoreMessage.Delta delta = new StoreMessage.Delta(key, DocumentCodec.encode(applied.delta()));
    if (delta.maxBytes() <= StoreMessage.MAX_DELTA_BYTES) {
      changes.multicast(delta);
    } else {
      changes.offer(key);
    }
    return new Result.Done(Value.of(after), isLarge(after));
  }

  private boolean isLarge(Entry entry) {
    return entry.encoded().length > options.warnBytes();
  }

  private void join(Received received, StagedChanges changes, long now) {
    String key = received.key();
    Document theirs;
    try {
      theirs = DocumentCodec.decode(received.encoded());
    } catch (CodecException e) {
      malformed++;
      antiEntropy.abandonExchanges();
      return;
    }
    if (!isWrittenByItsOwner(key, theirs.context())) {
      foreignWrites++;
      return;
    }
    Document before = changes.document(key);
    Document own = lives.rescue(before, theirs.context());
    Document after = own.join(theirs);
    if (!after.equals(before)) {
      Entry entry = Entry.of(key, after, clock.millis() / 1_000);
      long growth = changes.growth(key, entry);
      if (growth > 0
          && (entry.encoded().length > options.joinedValueBytes()
              || changes.bytes() + growth > options.joinedTotalBytes())) {
        refusedJoins++;
        antiEntropy.abandonExchanges();
        return;
      }
      changes.put(key, entry);
      joined++;
      if (after.context().hasGaps()) {
        antiEntropy.hurry(now);
      }
    }
    if (received.neighbour() != null) {
      spread(received, received.neighbour(), !after.equals(before), changes);
    } else if (!own.equals(before)) {
      changes.offer(key);
    }
  }

  /** Offers to neighbours what came from one of them, and to that one what it lacks. */
  private void spread(Received received, String neighbour, boolean changed, StagedChanges changes) {
    String key = received.key();
    Entry entry = changes.entry(key);
    boolean senderHasAll = entry == null || entry.hash() == received.hash();
    if (changed) {
      changes.offerToAllBut(key, senderHasAll ? Set.of(neighbour) : Set.of());
    } else if (senderHasAll) {
      changes.addHolder(key, neighbour);
    } else {
      changes.afterwards(() -> antiEntropy.offerTo(neighbour, key));
    }
  }

  private boolean isWrittenByItsOwner(String key, CausalContext context) {
    Optional<String> owner = new Key(key).owner();
    if (owner.isPresent()) {
      for (String writer : context.nodeNames()) {
        if (!writer.equals(owner.get())) {
          return false;
        }
      }
    }
    return true;
  }

  /** Forgets keys that were removed long ago, and merges earlier lives, a few keys at a time. */
  private void cleanSome(StagedChanges changes) {
    long nowSeconds = clock.millis() / 1_000;
    boolean forgotOwn = false;
    for (int i = 0; i < MAX_CLEANED && !uncleaned.isEmpty(); i++) {
      String key = uncleaned.remove();
      Entry entry = changes.entry(key);
      if (entry == null) {
        continue;
      }
      Document document = entry.document();
      if (isForgettable(entry, nowSeconds) && !changes.isChanged(key)) {
        changes.forget(key, entry);
        forgotOwn |= document.context().lastEvent(lives.actor()) > 0;
      } else {
        Document merged = document.mergeLives(lives.actor(), lives.mergeable());
        if (!merged.equals(document)) {
          changes.put(key, Entry.of(key, merged, nowSeconds));
          changes.offer(key);
        }
      }
    }
    if (forgotOwn) {
      // A forgotten key's numbers begin anew, so not in this life.
      lives.takeNew(lives.present());
    }
  }

  private boolean isForgettable(Entry entry, long nowSeconds) {
    return entry.isRemoved() && nowSeconds - entry.removedAt() > options.keepRemoved().toSeconds();
  }

  /** Counters of the store. */
  public StoreCounters counters() {
    return new StoreCounters(
        table.keys(),
        table.removed(),
        table.bytes(),
        largestBytes,
        lives.present(),
        operations.size(),
        done,
        refused,
        joined,
        refusedJoins,
        droppedJoins,
        foreignWrites,
        malformed,
        antiEntropy.droppedWants(),
        antiEntropy.exchanges(),
        antiEntropy.expiredWants(),
        failedWrites,
        lives.taken(),
        lives.exhausted(),
        lostRecords,
        rebuilds);
  }
}
