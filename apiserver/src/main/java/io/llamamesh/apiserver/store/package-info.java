/**
 * The objects, their one order of revisions, and the changes after any recent revision; knows no
 * HTTP and no kinds. Imports {@code json} and {@code problem} only.
 */
@NullMarked
package io.llamamesh.apiserver.store;

import org.jspecify.annotations.NullMarked;
