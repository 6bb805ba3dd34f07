package io.llamamesh.config;

import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * Mappings with their merge keys resolved as <a href="https://yaml.org/type/merge.html">YAML</a>
 * says: {@code <<} takes over the keys of a mapping, or of several, that are not there already; of
 * several the earlier wins. Each mapping is resolved once, however many aliases it has, and values
 * are counted each time that they are read, so that a short document cannot come to much.
 */
final class YamlMerges {
  /** Mappings that are merged one into the other. */
  private static final int MAX_DEPTH = 50;

  /** Keys that one document's merges may come to. */
  private static final int MAX_MERGED = 1_000_000;

  /**
   * Values that are read of one document, aliases each time: the most targets, each with the most
   * tags, and some.
   */
  private static final int MAX_VALUES = 2_000_000;

  private final IdentityHashMap<MappingNode, Map<String, Node>> resolved = new IdentityHashMap<>();
  private int merged;
  private int values;

  /** Counts values that are about to be read. */
  void count(YamlValue at, int more) throws InvalidConfigException {
    if (more > MAX_VALUES - values) {
      throw at.wrong(
          "comes to more than the "
              + MAX_VALUES
              + " values that a document may have, aliases (*) counted each time");
    }
    values += more;
  }

  /** All keys of a mapping, its own first. */
  Map<String, Node> flatten(YamlValue at, MappingNode mapping) throws InvalidConfigException {
    return flatten(at, mapping, 0);
  }

  private Map<String, Node> flatten(YamlValue at, MappingNode mapping, int depth)
      throws InvalidConfigException {
    Map<String, Node> known = resolved.get(mapping);
    if (known != null) {
      return known;
    }
    if (depth > MAX_DEPTH) {
      throw at.wrong("merges itself, or more than " + MAX_DEPTH + " mappings into each other");
    }
    Map<String, Node> keys = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      if (!isMerge(tuple) && keys.put(key(at, tuple.getKeyNode()), tuple.getValueNode()) != null) {
        throw at.wrong(
            "has the key '"
                + YamlValue.abbreviated(key(at, tuple.getKeyNode()))
                + "' twice, again on line "
                + (tuple.getKeyNode().getStartMark().getLine() + 1)
                + "; leave one out");
      }
    }
    for (NodeTuple tuple : mapping.getValue()) {
      if (isMerge(tuple)) {
        merge(at, tuple.getValueNode(), keys, depth);
      }
    }
    resolved.put(mapping, keys);
    return keys;
  }

  private void merge(YamlValue at, Node value, Map<String, Node> keys, int depth)
      throws InvalidConfigException {
    List<Node> sources =
        value instanceof SequenceNode sequence ? sequence.getValue() : List.of(value);
    for (Node source : sources) {
      if (!(source instanceof MappingNode other)) {
        throw at.wrong("merges (<<) what is no map of keys and values");
      }
      Map<String, Node> others = flatten(at, other, depth + 1);
      merged += others.size();
      if (merged > MAX_MERGED) {
        throw at.wrong("merges (<<) more than the " + MAX_MERGED + " keys that a document may");
      }
      others.forEach(keys::putIfAbsent);
    }
  }

  private static boolean isMerge(NodeTuple tuple) {
    return tuple.getKeyNode().getTag().equals(Tag.MERGE);
  }

  private static String key(YamlValue at, Node node) throws InvalidConfigException {
    if (!(node instanceof ScalarNode scalar)) {
      throw at.wrong("has a key that is a list or a map; write keys as text");
    }
    YamlValue.checkTag(at, scalar);
    return scalar.getValue();
  }
}
