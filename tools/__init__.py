"""What builds parts of this repository; nothing here is shipped."""
