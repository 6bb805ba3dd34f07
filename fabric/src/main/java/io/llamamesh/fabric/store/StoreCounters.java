package io.llamamesh.fabric.store;

/**
 * Counters of a store, for metrics. All but the first six grow.
 *
 * @param keys keys with a value
 * @param removedKeys keys remembered as removed
 * @param bytes size of all keys and encoded values, with 128 bytes for each
 * @param largestBytes size of the largest value that was written since the start
 * @param life the number of the present life
 * @param waiting operations that wait for the disk
 * @param operations operations done
 * @param refused operations refused for whatever reason
 * @param joins documents and deltas of others that changed something
 * @param refusedJoins of others' documents, those that would have broken a bound
 * @param droppedJoins of others' documents, those for which there was no room to wait
 * @param foreignWrites of others' documents, those with writes that were not their owner's
 * @param malformed messages that could not be read
 * @param droppedWants wants of neighbours beyond what is kept
 * @param exchanges exchanges with neighbours that were completed
 * @param expiredWants wants that no neighbour answered in time
 * @param failedWrites batches that the disk did not take
 * @param newLives lives taken since the start because the number in use was known to others, or the
 *     disk failed
 * @param exhaustedLives times that a greater number was needed and none was left: somebody forged
 *     one
 * @param lostRecords records of the disk that could not be read at the start
 * @param rebuilds times that the disk was damaged while it was in use, and was made anew
 */
public record StoreCounters(
    int keys,
    int removedKeys,
    long bytes,
    long largestBytes,
    long life,
    int waiting,
    long operations,
    long refused,
    long joins,
    long refusedJoins,
    long droppedJoins,
    long foreignWrites,
    long malformed,
    long droppedWants,
    long exchanges,
    long expiredWants,
    long failedWrites,
    long newLives,
    long exhaustedLives,
    long lostRecords,
    long rebuilds) {}
