package io.llamamesh.operator.keys;

import io.llamamesh.auth.KeyRing;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What there is to hand out of a mesh.
 *
 * @param uid the mesh's
 * @param revision of what all nodes are handed
 * @param masters all that are accepted
 * @param generations of each node that carries a config, or still has an agent
 * @param targets names of the members that a node probes; any thread may ask
 * @param senders addresses of the members that probe a node, by their names; any thread may ask
 * @param pods the mesh's, as they are now; any thread may ask
 */
public record MeshKeyMaterial(
    String namespace,
    String name,
    String uid,
    String revision,
    KeyRing masters,
    SortedMap<String, String> generations,
    Function<String, Set<String>> targets,
    Function<String, Map<String, List<String>>> senders,
    Supplier<List<PodIdentity>> pods) {
  public MeshKeyMaterial {
    generations = Collections.unmodifiableSortedMap(new TreeMap<>(generations));
  }

  /** Never the masters. */
  @Override
  public String toString() {
    return "MeshKeyMaterial[" + namespace + "/" + name + "]";
  }
}
