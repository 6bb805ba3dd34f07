package io.llamamesh.fabric.transport;

import io.llamamesh.fabric.linkstate.LinkStateMessage.AgedAd;
import java.util.List;

/** State that is kept for as long as the process lives, from one life of its node to the next. */
public final class MemoryPersistence implements FabricPersistence {

  private volatile long incarnation;
  private volatile List<AgedAd> members = List.of();

  @Override
  public long incarnation() {
    return incarnation;
  }

  @Override
  public void storeIncarnation(long stored) {
    incarnation = stored;
  }

  @Override
  public List<AgedAd> members() {
    return members;
  }

  @Override
  public void storeMembers(List<AgedAd> kept) {
    members = List.copyOf(kept);
  }
}
