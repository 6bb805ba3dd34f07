/**
 * The objects, their one order of revisions, and the changes after any recent revision; knows no
 * HTTP and no kinds. Imports {@code json} only.
 */
@NullMarked
package io.llamamesh.apiserver.store;

import org.jspecify.annotations.NullMarked;
