package io.llamamesh.operator.keys;

import io.llamamesh.crd.Names.Component;
import org.jspecify.annotations.Nullable;

/**
 * A pod of a mesh as the operator watches it.
 *
 * @param component whose workload controls it; absent: nobody's
 * @param node the node that it is on; absent: not scheduled
 * @param live it neither ended nor is being deleted
 * @param hasNodeKeys it can ask for keys of its node
 */
public record PodIdentity(
    String name,
    String uid,
    @Nullable Component component,
    @Nullable String node,
    boolean live,
    boolean hasNodeKeys) {}
