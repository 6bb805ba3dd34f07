package io.llamamesh.fabric.multicast;

import org.jspecify.annotations.Nullable;

/** Source of trees: link state, with the last trees kept. */
@FunctionalInterface
public interface Trees {

  /** The tree from a root as this node knows the links now; null for an unknown root. */
  @Nullable Tree from(String root);
}
