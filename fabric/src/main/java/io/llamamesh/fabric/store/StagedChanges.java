package io.llamamesh.fabric.store;

import io.llamamesh.fabric.crdt.Document;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The changes of one flush, over a table that stays as it is until the changes are on disk; then
 * what is to be sent and answered.
 */
final class StagedChanges {

  private final Table table;
  private final Map<String, Entry> entries = new TreeMap<>();
  private final List<String> forgotten = new ArrayList<>();
  private final List<StoreMessage.Delta> deltas = new ArrayList<>();

  /** Keys to offer, with the neighbours that have them. */
  private final Map<String, Set<String>> offers = new LinkedHashMap<>();

  private final List<Runnable> afterwards = new ArrayList<>();
  private long addedBytes;
  private long encodedBytes;

  StagedChanges(Table table) {
    this.table = table;
  }

  @Nullable Entry entry(String key) {
    Entry changed = entries.get(key);
    return changed != null ? changed : table.get(key);
  }

  Document document(String key) {
    Entry entry = entry(key);
    return entry == null ? Document.EMPTY : entry.document();
  }

  /** Bytes that the store grows by when a key gets an entry. */
  long growth(String key, Entry entry) {
    return Table.size(key, entry) - Table.size(key, entry(key));
  }

  /** Bytes of the store with these changes. */
  long bytes() {
    return table.bytes() + addedBytes;
  }

  void put(String key, Entry entry) {
    addedBytes += growth(key, entry);
    encodedBytes += entry.encoded().length;
    entries.put(key, entry);
  }

  /** Bytes of all documents that were put. */
  long encodedBytes() {
    return encodedBytes;
  }

  boolean isChanged(String key) {
    return entries.containsKey(key);
  }

  /** Drops a key that is not changed here. */
  void forget(String key, Entry entry) {
    addedBytes -= Table.size(key, entry);
    forgotten.add(key);
  }

  void multicast(StoreMessage.Delta delta) {
    deltas.add(delta);
  }

  void offer(String key) {
    offers.computeIfAbsent(key, offered -> new HashSet<>());
  }

  /** Offers a key's new state to all but those who sent it; earlier holders have it no more. */
  void offerToAllBut(String key, Set<String> holders) {
    offers.put(key, new HashSet<>(holders));
  }

  /** A neighbour has what a key will be. */
  void addHolder(String key, String neighbour) {
    Set<String> holders = offers.get(key);
    if (holders != null) {
      holders.add(neighbour);
    }
  }

  void afterwards(Runnable action) {
    afterwards.add(action);
  }

  boolean isEmpty() {
    return entries.isEmpty() && forgotten.isEmpty();
  }

  Storage.Batch toBatch(long life, long settledLife) {
    Map<String, byte[]> records = new HashMap<>();
    entries.forEach((key, entry) -> records.put(key, entry.toRecord()));
    return new Storage.Batch(life, settledLife, records, forgotten);
  }

  /** Changes the table. */
  void commit() {
    forgotten.forEach(table::remove);
    entries.forEach(table::put);
  }

  Map<String, Entry> entries() {
    return Collections.unmodifiableMap(entries);
  }

  Map<String, Set<String>> offers() {
    return Collections.unmodifiableMap(offers);
  }

  /** Deltas in as few messages as they fit in. */
  List<StoreMessage> deltaMessages() {
    List<StoreMessage> messages = new ArrayList<>();
    List<StoreMessage.Delta> message = new ArrayList<>();
    int bytes = 0;
    for (StoreMessage.Delta delta : deltas) {
      if (!message.isEmpty() && bytes + delta.maxBytes() > StoreMessage.MAX_DELTA_BYTES) {
        messages.add(new StoreMessage.Deltas(message));
        message = new ArrayList<>();
        bytes = 0;
      }
      message.add(delta);
      bytes += delta.maxBytes();
    }
    if (!message.isEmpty()) {
      messages.add(new StoreMessage.Deltas(message));
    }
    return messages;
  }

  void runAfterwards() {
    afterwards.forEach(Runnable::run);
  }
}
