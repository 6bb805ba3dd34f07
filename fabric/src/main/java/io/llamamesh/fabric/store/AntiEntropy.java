package io.llamamesh.fabric.store;

import io.llamamesh.fabric.store.StoreMessage.Offered;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Exchange of what neighbours lack: all of it in turns, one neighbour at a time, and at once what
 * has just come in. Lost messages cost time only: the next turn begins anew.
 */
final class AntiEntropy {

  /** Taker of documents of others, and of events of exchanges. */
  interface Listener {

    /**
     * A neighbour's encoded document, whose hash is right.
     *
     * @return false when there is no room for it
     */
    boolean tryAccept(String neighbour, String key, byte[] encoded, long hash);

    /** True while a document of this hash was accepted and is not on disk yet. */
    boolean isWaiting(long hash);

    /** Bytes that cannot be read. */
    void onMalformed();
  }

  /** Wants of one neighbour that are kept; a page and an offer have fewer. */
  private static final int MAX_SERVING = 1 << 14;

  private static final int MAX_WANTED = 1 << 14;
  private static final int MAX_REQUESTED = 64;
  private static final long MAX_REQUESTED_BYTES = 1L << 20;

  /** The same of all neighbours: what comes is held until it is whole and on disk. */
  private static final long MAX_REQUESTED_OF_ALL = 2L << 20;

  private static final long MAX_CREDIT = 1L << 20;
  private static final long CREDIT_PER_SECOND = 8L << 20;
  private static final long WANT_TIMEOUT = TimeUnit.SECONDS.toNanos(10);
  private static final long SOON = TimeUnit.SECONDS.toNanos(1);

  private final Table table;
  private final ReplicatedStoreOptions options;
  private final StoreOutbox outbox;
  private final RandomGenerator random;
  private final Listener listener;
  private final Map<String, Neighbour> neighbours = new LinkedHashMap<>();

  /** Hash of what is on its way, by key: a value that many offer is fetched from one of them. */
  private final Map<String, Long> inFlight = new HashMap<>();

  private long requestedOfAll;
  private long nextTurn;
  private boolean completed;
  private long summaries;
  private long ownCommits;
  private long replicatedCommits;
  private long exchanges;
  private long expiredWants;
  private long droppedWants;

  AntiEntropy(
      Table table,
      ReplicatedStoreOptions options,
      StoreOutbox outbox,
      RandomGenerator random,
      Listener listener) {
    this.table = table;
    this.options = options;
    this.outbox = outbox;
    this.random = random;
    this.listener = listener;
  }

  /** A request on its way. */
  private record Request(int bytes, long hash, long deadline) {}

  /** A value of which some parts have come. */
  private static final class Assembly {
    final String key;
    final long hash;
    final int count;
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int next;

    Assembly(StoreMessage.Part first) {
      this.key = first.key();
      this.hash = first.hash();
      this.count = first.count();
    }

    boolean continuesWith(StoreMessage.Part part) {
      return part.key().equals(key)
          && part.hash() == hash
          && part.count() == count
          && part.index() == next;
    }
  }

  private static final class Neighbour {
    final String name;
    final Map<String, Offered> wanted = new LinkedHashMap<>();
    final Map<String, Request> requested = new LinkedHashMap<>();
    final Set<String> serving = new HashSet<>();
    final ArrayDeque<String> servingOrder = new ArrayDeque<>();
    @Nullable Assembly assembly;

    /** What the last page of an exchange ended with; null when none is going on. */
    @Nullable String expectedAfter;

    long expectedBuckets;
    long summary;
    long commitsAtSummary;
    boolean exchanging;
    boolean pagesDone;
    long requestedBytes;
    long credit = MAX_CREDIT;
    long creditSince;

    Neighbour(String name, long now) {
      this.name = name;
      this.creditSince = now;
    }

    void refill(long now) {
      long nanos = Math.clamp(now - creditSince, 0, TimeUnit.SECONDS.toNanos(1));
      credit =
          Math.min(MAX_CREDIT, credit + nanos * CREDIT_PER_SECOND / TimeUnit.SECONDS.toNanos(1));
      creditSince = now;
    }
  }

  void neighbourUp(String name, long now) {
    if (neighbours.isEmpty()) {
      nextTurn = now + turn();
    }
    neighbourDown(name);
    Neighbour neighbour = new Neighbour(name, now);
    neighbours.put(name, neighbour);
    begin(neighbour);
  }

  void neighbourDown(String name) {
    Neighbour gone = neighbours.remove(name);
    if (gone != null) {
      gone.requested.forEach(this::unrequest);
    }
  }

  private void unrequest(String key, Request request) {
    requestedOfAll -= request.bytes();
    inFlight.remove(key, request.hash());
  }

  /** True once for exchanges that are complete since the last call. */
  boolean takeCompleted() {
    boolean taken = completed;
    completed = false;
    return taken;
  }

  /** What was received is not kept: no exchange that is going on, or just over, is complete. */
  void abandonExchanges() {
    completed = false;
    neighbours.values().forEach(neighbour -> neighbour.exchanging = false);
  }

  long exchanges() {
    return exchanges;
  }

  long expiredWants() {
    return expiredWants;
  }

  long droppedWants() {
    return droppedWants;
  }

  void tick(long now) {
    for (Neighbour neighbour : neighbours.values()) {
      expire(neighbour, now);
      pump(neighbour, now);
    }
    if (!neighbours.isEmpty() && now - nextTurn >= 0) {
      nextTurn = now + turn();
      Neighbour next = neighbours.values().iterator().next();
      // To the end of the row.
      neighbours.remove(next.name);
      neighbours.put(next.name, next);
      begin(next);
    }
  }

  /** Begins an exchange with every neighbour. */
  void exchange() {
    neighbours.values().forEach(this::begin);
  }

  /** This node has written. */
  void committed() {
    ownCommits++;
  }

  /** True when a neighbour was seen to have all that this node has written since the start. */
  boolean isReplicated() {
    return replicatedCommits == ownCommits;
  }

  /** Something is missing: the next turn comes soon. */
  void hurry(long now) {
    if (nextTurn - now > SOON) {
      nextTurn = now + SOON / 2 + random.nextLong(SOON / 2);
    }
  }

  private long turn() {
    long least = options.turn().toNanos();
    return least + random.nextLong(least);
  }

  private void begin(Neighbour neighbour) {
    neighbour.exchanging = true;
    neighbour.pagesDone = false;
    neighbour.expectedAfter = "";
    neighbour.expectedBuckets = 0;
    neighbour.commitsAtSummary = ownCommits;
    neighbour.summary = ++summaries;
    send(neighbour, new StoreMessage.Summary(summaries, table.buckets()));
  }

  /** Offers keys to all neighbours but those that have them already. */
  void offer(Map<String, Set<String>> keysAndHolders, long now) {
    for (Neighbour neighbour : neighbours.values()) {
      List<Offered> offered = new ArrayList<>();
      keysAndHolders.forEach((key, holders) -> {
        Entry entry = table.get(key);
        if (entry != null && !holders.contains(neighbour.name)) {
          offered.add(Offered.of(key, entry));
        }
      });
      sendOffers(neighbour, offered);
      pump(neighbour, now);
    }
  }

  /** Offers a key to the neighbour that sent an older state of it. */
  void offerTo(String name, String key) {
    Neighbour neighbour = neighbours.get(name);
    Entry entry = table.get(key);
    if (neighbour != null && entry != null) {
      sendOffers(neighbour, List.of(Offered.of(key, entry)));
    }
  }

  private void sendOffers(Neighbour neighbour, List<Offered> offered) {
    List<Offered> page = new ArrayList<>();
    int bytes = 0;
    for (Offered entry : offered) {
      page.add(entry);
      bytes += entry.maxBytes();
      if (bytes >= StoreMessage.PAGE_BYTES) {
        send(neighbour, new StoreMessage.Offer(page));
        page = new ArrayList<>();
        bytes = 0;
      }
    }
    if (!page.isEmpty()) {
      send(neighbour, new StoreMessage.Offer(page));
    }
  }

  void onMessage(String name, StoreMessage message, long now) {
    Neighbour neighbour = neighbours.get(name);
    if (neighbour == null) {
      return;
    }
    switch (message) {
      case StoreMessage.Summary(long number, long[] buckets) -> {
        long differing = differing(buckets);
        if (differing == 0) {
          send(neighbour, new StoreMessage.Equal(number));
          // What it has is what is here: as good as an exchange of our own.
          exchanges++;
          completed = true;
          replicatedCommits = ownCommits;
        } else {
          servePage(neighbour, differing, "", now);
        }
      }
      case StoreMessage.Equal(long number) -> {
        if (neighbour.exchanging && number == neighbour.summary) {
          neighbour.pagesDone = true;
          replicatedCommits = Math.max(replicatedCommits, neighbour.commitsAtSummary);
        }
      }
      case StoreMessage.NextPage(long buckets, String after) ->
          servePage(neighbour, buckets, after, now);
      case StoreMessage.Page page -> onPage(neighbour, page);
      case StoreMessage.Offer(List<Offered> entries) -> want(neighbour, entries);
      case StoreMessage.Want(List<String> keys) -> {
        for (String key : keys) {
          if (neighbour.serving.size() >= MAX_SERVING) {
            droppedWants++;
          } else if (table.get(key) != null && neighbour.serving.add(key)) {
            neighbour.servingOrder.add(key);
          }
        }
      }
      case StoreMessage.Part part -> onPart(neighbour, part, now);
      case StoreMessage.Deltas _ -> listener.onMalformed();
    }
    pump(neighbour, now);
  }

  private long differing(long[] buckets) {
    long differing = 0;
    long[] own = table.buckets();
    for (int i = 0; i < own.length; i++) {
      differing |= own[i] == buckets[i] ? 0 : 1L << i;
    }
    return differing;
  }

  private static boolean isIn(long buckets, String key) {
    return ((buckets >>> Digest.bucket(key)) & 1) != 0;
  }

  private void servePage(Neighbour neighbour, long buckets, String after, long now) {
    neighbour.refill(now);
    if (neighbour.credit <= 0) {
      // It asks for more than anybody needs; its next turn comes.
      droppedWants++;
      return;
    }
    List<Offered> page = new ArrayList<>();
    int bytes = 0;
    boolean last = true;
    for (Map.Entry<String, Entry> entry : table.entries().tailMap(after, false).entrySet()) {
      if (entry.getValue().isRemoved() || !isIn(buckets, entry.getKey())) {
        continue;
      }
      if (bytes >= StoreMessage.PAGE_BYTES) {
        last = false;
        break;
      }
      Offered offered = Offered.of(entry.getKey(), entry.getValue());
      page.add(offered);
      bytes += offered.maxBytes();
    }
    neighbour.credit -= bytes;
    send(neighbour, new StoreMessage.Page(buckets, after, page, last));
  }

  private void onPage(Neighbour neighbour, StoreMessage.Page page) {
    boolean first = page.after().isEmpty();
    if (!page.after().equals(neighbour.expectedAfter)
        || (!first && page.buckets() != neighbour.expectedBuckets)) {
      return;
    }
    Set<String> theirs = new HashSet<>();
    String last = page.after();
    for (Offered entry : page.entries()) {
      if (entry.key().compareTo(last) <= 0) {
        listener.onMalformed();
        neighbour.exchanging = false;
        return;
      }
      last = entry.key();
      theirs.add(entry.key());
    }
    want(neighbour, page.entries());
    Collection<Map.Entry<String, Entry>> ours =
        (page.last()
                ? table.entries().tailMap(page.after(), false)
                : table.entries().subMap(page.after(), false, last, true))
            .entrySet();
    List<Offered> lacking = new ArrayList<>();
    for (Map.Entry<String, Entry> entry : ours) {
      if (!entry.getValue().isRemoved()
          && isIn(page.buckets(), entry.getKey())
          && !theirs.contains(entry.getKey())) {
        lacking.add(Offered.of(entry.getKey(), entry.getValue()));
      }
    }
    sendOffers(neighbour, lacking);
    if (page.last() || page.entries().isEmpty()) {
      neighbour.expectedAfter = null;
      neighbour.pagesDone = neighbour.exchanging;
    } else {
      neighbour.expectedAfter = last;
      neighbour.expectedBuckets = page.buckets();
      send(neighbour, new StoreMessage.NextPage(page.buckets(), last));
    }
  }

  private void want(Neighbour neighbour, List<Offered> entries) {
    for (Offered entry : entries) {
      if (!isKey(entry.key())) {
        listener.onMalformed();
      } else if (!isHere(entry)) {
        if (neighbour.wanted.size() < MAX_WANTED) {
          neighbour.wanted.put(entry.key(), entry);
        } else {
          neighbour.exchanging = false;
        }
      }
    }
  }

  private static boolean isKey(String text) {
    try {
      return !new Key(text).text().isEmpty();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private boolean isHere(Offered offered) {
    Entry own = table.get(offered.key());
    return own != null && own.hash() == offered.hash();
  }

  private void expire(Neighbour neighbour, long now) {
    Iterator<Map.Entry<String, Request>> requests = neighbour.requested.entrySet().iterator();
    while (requests.hasNext()) {
      Map.Entry<String, Request> entry = requests.next();
      Request request = entry.getValue();
      if (now - request.deadline() >= 0) {
        requests.remove();
        unrequest(entry.getKey(), request);
        neighbour.requestedBytes -= request.bytes();
        neighbour.exchanging = false;
        expiredWants++;
      }
    }
  }

  private void pump(Neighbour neighbour, long now) {
    request(neighbour, now);
    serve(neighbour, now);
    if (neighbour.exchanging
        && neighbour.pagesDone
        && neighbour.wanted.isEmpty()
        && neighbour.requested.isEmpty()) {
      neighbour.exchanging = false;
      exchanges++;
      completed = true;
    }
  }

  private void request(Neighbour neighbour, long now) {
    List<String> keys = new ArrayList<>();
    Iterator<Offered> wanted = neighbour.wanted.values().iterator();
    while (wanted.hasNext()
        && neighbour.requested.size() < MAX_REQUESTED
        && neighbour.requestedBytes < MAX_REQUESTED_BYTES) {
      Offered next = wanted.next();
      if (isHere(next) || neighbour.requested.containsKey(next.key())) {
        wanted.remove();
        continue;
      }
      if (Long.valueOf(next.hash()).equals(inFlight.get(next.key()))
          || listener.isWaiting(next.hash())) {
        continue; // another one sends it; should that fail, this one is asked
      }
      int bytes = Math.clamp(next.bytes(), 1, options.joinedValueBytes());
      if (requestedOfAll > 0 && requestedOfAll + bytes > MAX_REQUESTED_OF_ALL) {
        break;
      }
      wanted.remove();
      neighbour.requested.put(next.key(), new Request(bytes, next.hash(), now + WANT_TIMEOUT));
      neighbour.requestedBytes += bytes;
      requestedOfAll += bytes;
      inFlight.put(next.key(), next.hash());
      keys.add(next.key());
    }
    if (!keys.isEmpty()) {
      send(neighbour, new StoreMessage.Want(keys));
    }
  }

  private void serve(Neighbour neighbour, long now) {
    neighbour.refill(now);
    while (neighbour.credit > 0 && !neighbour.servingOrder.isEmpty()) {
      String key = neighbour.servingOrder.remove();
      neighbour.serving.remove(key);
      Entry entry = table.get(key);
      if (entry == null) {
        continue;
      }
      byte[] encoded = entry.encoded();
      int count = Math.ceilDiv(encoded.length, StoreMessage.PART_BYTES);
      for (int i = 0; i < count; i++) {
        int from = i * StoreMessage.PART_BYTES;
        int to = Math.min(encoded.length, from + StoreMessage.PART_BYTES);
        byte[] part = Arrays.copyOfRange(encoded, from, to);
        send(neighbour, new StoreMessage.Part(key, entry.hash(), i, count, part));
      }
      neighbour.credit -= encoded.length + key.length();
    }
  }

  private void onPart(Neighbour neighbour, StoreMessage.Part part, long now) {
    Request request = neighbour.requested.get(part.key());
    if (request == null) {
      return;
    }
    Assembly assembly = neighbour.assembly;
    if (assembly == null || !assembly.continuesWith(part)) {
      if (part.index() != 0) {
        return;
      }
      assembly = new Assembly(part);
      neighbour.assembly = assembly;
    }
    if (assembly.bytes.size() + part.bytes().length > options.joinedValueBytes()) {
      listener.onMalformed();
      neighbour.assembly = null;
      return;
    }
    assembly.bytes.writeBytes(part.bytes());
    assembly.next++;
    neighbour.requested.put(
        part.key(), new Request(request.bytes(), request.hash(), now + WANT_TIMEOUT));
    if (assembly.next >= assembly.count) {
      neighbour.assembly = null;
      neighbour.requested.remove(part.key());
      neighbour.requestedBytes -= request.bytes();
      unrequest(part.key(), request);
      onComplete(neighbour, assembly);
    }
  }

  private void onComplete(Neighbour neighbour, Assembly assembly) {
    byte[] bytes = assembly.bytes.toByteArray();
    if (Digest.hash(assembly.key, bytes) != assembly.hash) {
      neighbour.exchanging = false;
      listener.onMalformed();
    } else if (!listener.tryAccept(neighbour.name, assembly.key, bytes, assembly.hash)) {
      neighbour.exchanging = false;
    }
  }

  private void send(Neighbour neighbour, StoreMessage message) {
    outbox.send(neighbour.name, StoreMessage.encode(message));
  }
}
