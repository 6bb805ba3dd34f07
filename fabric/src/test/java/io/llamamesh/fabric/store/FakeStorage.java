package io.llamamesh.fabric.store;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Disk in memory, which can be put back, emptied, or made to fail. */
final class FakeStorage implements Storage {

  private Contents contents = Contents.EMPTY;
  private final List<Batch> batches = new ArrayList<>();
  private boolean failing;
  private boolean writesBeforeFailing;
  private boolean breaking;

  @Override
  public Contents load() {
    return new Contents(contents.life(), contents.settledLife(), new TreeMap<>(contents.records()));
  }

  @Override
  public void write(Batch batch) throws StorageException {
    if (breaking) {
      throw new IllegalStateException("broken");
    }
    if (!failing || writesBeforeFailing) {
      TreeMap<String, byte[]> records = new TreeMap<>(contents.records());
      records.putAll(batch.records());
      batch.removed().forEach(records::remove);
      contents = new Contents(batch.life(), batch.settledLife(), records);
      batches.add(batch);
    }
    if (failing) {
      throw new StorageException("disk full");
    }
  }

  List<Batch> batches() {
    return batches;
  }

  Contents contents() {
    return contents;
  }

  void putBack(Contents older) {
    contents = older;
  }

  void fail() {
    failing = true;
  }

  /** Fails after all is written: as when the sync is cut off. */
  void failAfterWriting() {
    failing = true;
    writesBeforeFailing = true;
  }

  /** Fails in a way that nobody expects. */
  void breakDown() {
    breaking = true;
  }

  void mend() {
    breaking = false;
    failing = false;
    writesBeforeFailing = false;
  }
}
