/** What was asked of the server, by whom; imports nothing of ours. */
@NullMarked
package io.llamamesh.apiserver.journal;

import org.jspecify.annotations.NullMarked;
