package io.llamamesh.apiserver.store;

/**
 * The key of an object in the store.
 *
 * @param bucket resource and group, {@code daemonsets.apps}
 * @param namespace empty for cluster-scoped objects
 */
public record ObjectKey(String bucket, String namespace, String name)
    implements Comparable<ObjectKey> {
  @Override
  public int compareTo(ObjectKey other) {
    int byBucket = bucket.compareTo(other.bucket);
    int byNamespace = byBucket != 0 ? byBucket : namespace.compareTo(other.namespace);
    return byNamespace != 0 ? byNamespace : name.compareTo(other.name);
  }
}
