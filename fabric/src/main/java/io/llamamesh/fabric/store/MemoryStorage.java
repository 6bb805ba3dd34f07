package io.llamamesh.fabric.store;

/** Storage of a node that keeps nothing: what it acknowledges is as safe as this process. */
public final class MemoryStorage implements Storage {

  /** A storage that is empty at each start. */
  public MemoryStorage() {}

  @Override
  public Contents load() {
    return Contents.EMPTY;
  }

  @Override
  public void write(Batch batch) {}
}
