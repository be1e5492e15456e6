<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Board</title></head>
<body><h1>Board</h1><p>Nothing is posted yet.</p></body>
</html>
